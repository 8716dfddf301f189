import BundledData
import Synchronization

/// A table in the mapping language that ships with the program. A service's lines are read when it is first asked for.
final class ShippedMappings: Sendable {
    /// The services that were gone through by hand.
    static let exact = ShippedMappings(
        UnsafeRawBufferPointer(start: gatehouse_exact_mappings(), count: gatehouse_exact_mappings_length()))

    /// What public data say of the others: `Tools/generate-operation-map`.
    static let generated = ShippedMappings(
        UnsafeRawBufferPointer(start: gatehouse_generated_mappings(), count: gatehouse_generated_mappings_length()))

    /// By service: the lines that begin with its id.
    private let texts: [String: Range<Int>]
    private nonisolated(unsafe) let data: UnsafeRawBufferPointer
    private let read = Mutex<[String: ServiceMappings?]>([:])

    /// - Parameter data: the services one after the other, in memory that stays.
    init(_ data: UnsafeRawBufferPointer) {
        var texts: [String: Range<Int>] = [:]
        var last: String?
        var start = 0
        while start < data.count {
            let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) ?? data.count
            let line = UnsafeRawBufferPointer(rebasing: data[start..<end])
            let next = min(end + 1, data.count)
            if let first = line.first, first != UInt8(ascii: " "), first != UInt8(ascii: "#"),
                first != UInt8(ascii: "\t")
            {
                let id = String(decoding: line.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
                texts[id] = (texts[id]?.lowerBound ?? start)..<next
                last = id
            } else if line.first == UInt8(ascii: " "), let last, let range = texts[last] {
                texts[last] = range.lowerBound..<next
            }
            start = next
        }
        self.texts = texts
        self.data = data
    }

    /// What the table says of a service; nil where it has no line of it.
    func service(_ id: String) -> ServiceMappings? {
        guard let range = texts[id] else { return nil }
        return read.withLock { read in
            if let known = read[id] { return known }
            let text = String(decoding: data[range], as: UTF8.self)
            // A line that can't be read is a bug that a test finds: the service then asks for what its names say.
            let mappings = (try? DeclaredMappings(parsing: text))?.service(id)
            read[id] = .some(mappings)
            return mappings
        }
    }

    /// The ids of the services, sorted.
    var serviceIDs: [String] { texts.keys.sorted() }

    /// The whole text, for tests.
    var text: String { String(decoding: data, as: UTF8.self) }
}
