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
/// service's own model is decompressed and read when it is first asked for. Those that were used last are kept, some thirty of
/// the usual size; all of them would take 150 MB. It may be used from any number of threads.
///
/// The models are those of the botocore that `Tools/generate-service-schemas` pins. An operation that AWS added later is
/// unknown.
public final class ServiceModels: Sendable {
    /// The models that ship with the program. The index is read at first use, in less than a millisecond.
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
        package let length: Int
    }

    /// All services, sorted by their ids.
    public let entries: [Entry]
    private let places: [String: Int]
    private let placesBySigningName: [String: [Int]]
    /// In memory that lives as long as the program.
    private nonisolated(unsafe) let data: UnsafeRawBufferPointer
    private let read: Mutex<RecentlyUsed<ServiceShape>>

    /// How long the texts of the models that are kept may be together, in bytes. Read, a model takes about nine times as much;
    /// EC2's text, the longest, has 780,000.
    package static let mostText = 4_000_000

    /// - Parameters:
    ///   - data: as `Tools/generate-service-schemas` writes it, in memory that stays. What is not of that form ends the index.
    ///   - mostText: see ``mostText``.
    init(_ data: UnsafeRawBufferPointer, mostText: Int = ServiceModels.mostText) {
        read = Mutex(RecentlyUsed(mostCost: mostText))
        var entries: [Entry] = []
        var places: [String: Int] = [:]
        var bySigningName: [String: [Int]] = [:]
        entries.reserveCapacity(512)
        places.reserveCapacity(512)
        bySigningName.reserveCapacity(512)
        // The models follow the empty line behind the index.
        var start = Self.end(ofIndex: data)
        var index = IndexReader(data[..<start])
        while let entry = Entry(&index, at: start, within: data.count) {
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
    /// - Complexity: O(1), but for the first time and for one that has been dropped, when the model is decompressed and read:
    ///   about a microsecond for each line, of which `sqs` has 400 and the largest, `ec2`, 14,000.
    public func service(_ id: String) -> ServiceShape? {
        guard let entry = entry(id) else { return nil }
        if let shape = read.withLock({ $0.value(id) }) { return shape }
        // Others go on in the meantime. If two begin at once, both get what the first has made.
        guard let text = text(of: entry) else { return nil }
        let shape = text.withUnsafeBufferPointer { ServiceShape(schema: $0) }
        return read.withLock { read in
            if let earlier = read.value(id) { return earlier }
            read.insert(shape, id, cost: entry.length)
            return shape
        }
    }

    /// How many models are kept at the moment.
    var keptCount: Int { read.withLock { $0.count } }

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
    /// Nil at the end of the index, and for a line that is of another form.
    /// - Parameters:
    ///   - index: at the beginning of a line; the file's own description says what stands where.
    ///   - start: where the model begins.
    ///   - end: of the data.
    fileprivate init?(_ index: inout IndexReader, at start: Int, within end: Int) {
        guard let id = index.word(), !id.isEmpty, let signingName = index.word(), let endpointPrefix = index.word(),
            let apiVersion = index.word(), let protocols = index.word(), let targetPrefix = index.word(),
            let operationCount = index.number(), let size = index.number(), let length = index.number(),
            let serviceID = index.line(), size <= end - start
        else { return nil }
        self.id = id
        self.signingName = signingName
        self.endpointPrefix = endpointPrefix
        self.apiVersion = apiVersion
        self.protocols =
            ProtocolName(rawValue: protocols).map { [$0] }
            ?? protocols.split(separator: ",").compactMap { ProtocolName(rawValue: String($0)) }
        self.targetPrefix = targetPrefix == "-" ? nil : targetPrefix
        self.operationCount = operationCount
        self.serviceID = serviceID
        place = start..<(start + size)
        self.length = length
    }
}

/// Reads the lines of the index, word by word.
private struct IndexReader {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ index: Slice<UnsafeRawBufferPointer>) { rest = index }

    /// What stands before the next space.
    mutating func word() -> String? { take(upTo: UInt8(ascii: " ")) }

    /// What is left of the line.
    mutating func line() -> String? { take(upTo: UInt8(ascii: "\n")) }

    /// A number of at most nine digits.
    mutating func number() -> Int? {
        word().flatMap { $0.utf8.count < 10 ? Int($0) : nil }.flatMap { $0 < 0 ? nil : $0 }
    }

    private mutating func take(upTo end: UInt8) -> String? {
        guard let place = rest.firstIndex(of: end) else { return nil }
        defer { rest = rest[(place + 1)...] }
        return String(decoding: rest[..<place], as: UTF8.self)
    }
}
