import BundledData
import Compression
import Synchronization
public import Wire

/// The API models of all AWS services: every operation, what it takes and what it answers.
///
/// ```swift
/// let models = ServiceModels.aws
/// let queues = models.service("sqs")
/// let names = queues?.operation(named: "SendMessage")?.input?.members.map(\.name)
/// ```
///
/// They ship with the program as data. The index has one line for each service, and is all that is read at first; a
/// service's own model is decompressed and read when it is first asked for, and kept from then on. It may be used from any
/// number of threads.
///
/// The models are those of the botocore that `Tools/generate-service-schemas` pins. An operation that AWS added later is
/// unknown.
public final class ServiceModels: Sendable {
    /// The models that ship with the program. The index is read at first use, in less than half a millisecond.
    public static let aws = ServiceModels(
        UnsafeRawBufferPointer(start: gatehouse_service_schemas(), count: gatehouse_service_schemas_length()))

    /// What the index says of a service.
    public struct Entry: Sendable, Hashable {
        /// The folder of the model in botocore: `sqs`, `elbv2`. It is what ``ServiceModels/service(_:)`` takes.
        public let id: String
        /// The service in a SigV4 credential scope. Several services may share one: `elasticloadbalancing` has two.
        public let signingName: String
        /// The first label of the service's endpoints: `email` for `ses`.
        public let endpointPrefix: String
        /// The version of the API, a date: what `Version` says in a form of the query protocol.
        public let apiVersion: String
        /// The protocols that the service speaks, in the model's order.
        public let protocols: [ProtocolName]
        /// What stands before the dot in `X-Amz-Target` and in the paths of RPC v2 CBOR; nil where the protocol has no
        /// such thing.
        public let targetPrefix: String?
        /// How many operations there are.
        public let operationCount: Int
        /// The service's name in Smithy's terms: `SQS`, `Elastic Load Balancing v2`.
        public let serviceID: String

        /// The place of the compressed model in the data.
        fileprivate let place: Range<Int>
        /// Of the model's text, in bytes.
        fileprivate let length: Int
    }

    /// All services, sorted by their ids.
    public let entries: [Entry]
    private let places: [String: Int]
    private let placesBySigningName: [String: [Int]]
    /// In memory that lives as long as the program.
    private nonisolated(unsafe) let data: UnsafeRawBufferPointer
    private let read = Mutex<[String: ServiceShape]>([:])

    /// - Parameter data: as `Tools/generate-service-schemas` writes it, in memory that stays. What is not of that form ends
    ///   the index.
    init(_ data: UnsafeRawBufferPointer) {
        var entries: [Entry] = []
        var places: [String: Int] = [:]
        var bySigningName: [String: [Int]] = [:]
        entries.reserveCapacity(512)
        places.reserveCapacity(512)
        bySigningName.reserveCapacity(512)
        // The models follow the empty line behind the index.
        var start = Self.end(ofIndex: data)
        for line in data[..<start].split(separator: UInt8(ascii: "\n")) {
            guard let entry = Entry(line, at: start, within: data.count) else { break }
            places[entry.id] = entries.count
            bySigningName[entry.signingName, default: []].append(entries.count)
            entries.append(entry)
            start = entry.place.upperBound
        }
        self.entries = entries
        self.places = places
        placesBySigningName = bySigningName
        self.data = data
    }

    /// Where the models begin: behind the first empty line.
    private static func end(ofIndex data: UnsafeRawBufferPointer) -> Int {
        var start = 0
        while let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if end == start { return end + 1 }
            start = end + 1
        }
        return data.count
    }

    /// What the index says of one service.
    /// - Parameter id: the folder of the model: `sqs`.
    /// - Complexity: O(1).
    public func entry(_ id: String) -> Entry? { places[id].map { entries[$0] } }

    /// The services that requests of this credential scope can be for, sorted by their ids. Several share a name where one
    /// host answers for all: `rds`, `docdb` and `neptune` do.
    /// - Complexity: linear in the number of services found.
    public func entries(signingAs name: String) -> [Entry] { (placesBySigningName[name] ?? []).map { entries[$0] } }

    /// The model of a service.
    /// - Parameter id: the folder of the model: `sqs`.
    /// - Returns: nil where there is no such service.
    /// - Complexity: O(1), but for the first time, when the model is decompressed and read: about a microsecond for each
    ///   line, of which `sqs` has 400 and the largest, `ec2`, 14,000.
    public func service(_ id: String) -> ServiceShape? {
        guard let entry = entry(id) else { return nil }
        if let shape = read.withLock({ $0[id] }) { return shape }
        // Others go on in the meantime. If two begin at once, both get what the first has made.
        guard let text = text(of: entry) else { return nil }
        let shape = text.withUnsafeBufferPointer { ServiceShape(schema: $0) }
        return read.withLock { read in
            if let earlier = read[id] { return earlier }
            read[id] = shape
            return shape
        }
    }

    /// The text of a model, as Wire reads it.
    private func text(of entry: Entry) -> [UInt8]? {
        guard let text = Gunzip.decompress(Array(data[entry.place]), most: entry.length), text.count == entry.length
        else {
            return nil
        }
        return text
    }
}

extension ServiceModels.Entry {
    /// - Parameters:
    ///   - line: of the index; the file's own description says what stands where.
    ///   - start: where the model begins.
    ///   - end: of the data.
    fileprivate init?(_ line: Slice<UnsafeRawBufferPointer>, at start: Int, within end: Int) {
        let columns = line.split(separator: UInt8(ascii: " "), maxSplits: 9, omittingEmptySubsequences: false)
        guard columns.count == 10 else { return nil }
        func text(_ column: Int) -> String { String(decoding: columns[column], as: UTF8.self) }
        guard let operationCount = Int(text(6)), let size = Int(text(7)), let length = Int(text(8)), size >= 0,
            length >= 0,
            size <= end - start
        else { return nil }
        id = text(0)
        signingName = text(1)
        endpointPrefix = text(2)
        apiVersion = text(3)
        protocols = columns[4].split(separator: UInt8(ascii: ",")).compactMap {
            ProtocolName(rawValue: String(decoding: $0, as: UTF8.self))
        }
        targetPrefix = columns[5].elementsEqual("-".utf8) ? nil : text(5)
        self.operationCount = operationCount
        serviceID = text(9)
        place = start..<(start + size)
        self.length = length
    }
}
