import Crypto
import DepotAPI
import Ledger
public import Platform
import Synchronization
public import Wire

/// What is known of a parcel once it is there.
struct Parcel: Record {
    static let kind = "AWS::Depot::Parcel"

    let name: String
    var length: Int
    var sha256: String

    var id: String { name }
}

extension Metric {
    /// How far uploads came: of those that were begun each is finished or discarded in the end, or both.
    static let uploads = gauge("depot_uploads_total", "Uploads.", label: "step") { _ in
        Steps.counts.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
}

private enum Steps {
    static let counts = Mutex<[String: Int]>(["begun": 0, "finished": 0, "discarded": 0])

    static func count(_ step: String) { counts.withLock { $0[step, default: 0] += 1 } }
}

extension Call {
    fileprivate func access(onParcel name: String) -> Authorization {
        .required(Access("depot:\(operation)", on: "arn:aws:depot:\(region):\(accountID):parcel/\(name)"))
    }
}

/// Takes a parcel in: it hashes what comes, as slowly as it is told to.
public struct ParcelUpload: Upload {
    public struct Received: Sendable {
        var length: Int
        var sha256: String
        var trailers: [String: String]
    }

    private var hash = SHA256()
    private var length = 0
    private let pause: Duration
    private let isPlain: Bool

    /// - Parameters:
    ///   - pause: milliseconds before each piece.
    ///   - isPlain: without a hash of its own.
    init(pause: Int, isPlain: Bool) {
        self.pause = .milliseconds(pause)
        self.isPlain = isPlain
        Steps.count("begun")
    }

    public mutating func receive(_ bytes: [UInt8]) async throws(ServiceError) {
        if pause > .zero { try? await Task.sleep(for: pause) }
        if !isPlain { hash.update(data: bytes) }
        length += bytes.count
    }

    public mutating func finish(trailers: [(name: String, value: String)]) async throws(ServiceError) -> Received {
        Steps.count("finished")
        return Received(
            length: length, sha256: hash.finalize().hex,
            trailers: Dictionary(trailers.map { ($0.name, $0.value) }) { first, _ in first })
    }

    public func discard() async { Steps.count("discarded") }
}

extension SHA256.Digest {
    fileprivate var hex: String { map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined() }
}

extension Depot.PutParcel: UploadOperation {
    static public func access(_ input: Input, _ call: Call) -> Authorization { call.access(onParcel: input.name) }

    static public func begin(_ input: Input, _ call: Call) async throws(ServiceError) -> ParcelUpload {
        ParcelUpload(pause: input.pause ?? 0, isPlain: input.plain ?? false)
    }

    static public func handle(
        _ input: Input, _ received: ParcelUpload.Received, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.put(Parcel(name: input.name, length: received.length, sha256: received.sha256))
        // Late, when the transaction has something to roll back.
        if input.conflict == true { throw Depot.Failure.conflictException("There is a conflict.") }
        return Output {
            $0.length = received.length
            $0.sha256 = received.sha256
            $0.announced = input.body?.length
            $0.trailers = received.trailers
        }
    }
}

extension Depot.GetParcel: ReadOperation {
    static public func access(_ input: Input, _ call: Call) -> Authorization { call.access(onParcel: input.name) }

    /// Answers `size` bytes, the same each time: each piece repeats its number.
    static public func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let size = input.size ?? 0
        let piece = 65_536
        let place = Mutex(0)
        let body = BodyStream(length: input.unmeasured == true ? nil : size) { () throws(ServiceError) in
            let start = place.withLock { place in
                defer { place += piece }
                return place
            }
            if let end = input.breakAt, start >= end { throw .internalFailure }
            guard start < size else { return nil }
            return [UInt8](repeating: UInt8(truncatingIfNeeded: start / piece), count: min(piece, size - start))
        }
        return Output {
            $0.sha256 = try? records.get(Parcel.self, input.name)?.sha256
            $0.body = body
        }
    }
}

extension Depot.DescribeParcel: ReadOperation {
    static public var bodyLimit: Int { 2 << 20 }

    static public func access(_ input: Input, _ call: Call) -> Authorization { call.access(onParcel: input.name) }

    static public func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let parcel = try records.get(Parcel.self, input.name) else {
            throw Depot.Failure.notFoundException("There is no such parcel.")
        }
        return Output {
            $0.length = parcel.length
            $0.sha256 = parcel.sha256
            $0.noteLength = input.note?.utf8.count
        }
    }
}
