import Compression
import Platform
import Wire

/// A log file, as trails deliver them and imports read them.
enum ImportedFile {
    /// The type of what is wrong with a file that is there.
    static let unreadable = "InvalidLogFile"
    /// Bytes of a file, and of what was compressed: AWS's have 50 MB at most, and are many times as large.
    private static let most = 64 << 20
    private static let mostContent = 512 << 20

    private static func refuse(_ message: String) -> ServiceError {
        ServiceError(unreadable, message, status: 400)
    }

    /// What else trails deliver.
    private static let notLogs: Set<Substring> = ["CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated"]

    /// Whether a key is that of a log file: those of a trail lie in folders called `CloudTrail`. Below any other place that a
    /// request names, all count that are no digests, no Insights events and no aggregated ones.
    static func isLog(_ key: String, below prefix: String) -> Bool {
        let folders = key.split(separator: "/").dropLast()
        guard folders.allSatisfy({ !notLogs.contains($0) }) else { return false }
        guard key.utf8.last != UInt8(ascii: "/") else { return false }
        return folders.contains("CloudTrail") || !prefix.isEmpty && !folders.contains("AWSLogs")
    }

    /// Whether the name of a file says that it is of the time that an import wants; one that says nothing may be.
    static func isWithin(_ key: String, _ one: LakeImport) -> Bool {
        guard one.start != nil || one.end != nil, let name = key.split(separator: "/").last else { return true }
        let text = name.split(separator: "_").first { part in
            // 20261129T0741Z
            part.utf8.count == 14 && part.utf8.last == UInt8(ascii: "Z")
                && part.utf8.dropFirst(8).first == UInt8(ascii: "T")
        }
        guard let digits = text.map({ Array($0.utf8) }) else { return true }
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        let time = Timestamp(
            parsing: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):00Z")
        guard let time = time?.secondsSinceEpoch else { return true }
        // The name has the minute of the delivery.
        return time + 60 >= one.start ?? 0 && time <= one.end ?? .infinity
    }

    /// The records of a file: each as JSON in one line, and its time in milliseconds since 1970.
    /// - Throws: InvalidLogFile for what is no log file.
    static func read(_ body: BodyStream) async throws(ServiceError) -> [(body: [UInt8], time: Int64)] {
        var bytes: [UInt8] = []
        while let part = try await body.next() {
            bytes += part
            guard bytes.count <= most else { throw refuse("The file has more than \(most) bytes.") }
        }
        guard let content = Gunzip.decompress(bytes, most: mostContent) else {
            throw refuse("The file is not compressed with Gzip.")
        }
        return try records(content)
    }

    /// They are taken out one by one: a tree of the whole file would be many times as large as it.
    private static func records(_ content: [UInt8]) throws(ServiceError) -> [(body: [UInt8], time: Int64)] {
        var found: [(body: [UInt8], time: Int64)] = []
        var elements = try RecordElements(content)
        while let element = try elements.next() {
            guard let record = try? JSONValue(parsing: Array(element)), case .object = record,
                let time = record["eventTime"]?.text.flatMap(Timestamp.init(parsing:))
            else { throw refuse("A record of the file is not a CloudTrail event.") }
            var writer = JSONWriter()
            writer.json(record)
            found.append((writer.bytes, RequestIDs.milliseconds(time.secondsSinceEpoch)))
        }
        return found
    }

    /// The elements of `{"Records":[…]}`.
    private struct RecordElements {
        private let content: [UInt8]
        private var place = 0

        init(_ content: [UInt8]) throws(ServiceError) {
            self.content = content
            for token in ["{", "\"Records\"", ":", "["] {
                skipSpaces()
                guard content[place...].starts(with: token.utf8) else {
                    throw ImportedFile.refuse("The file does not begin with {\"Records\":[")
                }
                place += token.utf8.count
            }
        }

        private mutating func skipSpaces() {
            while place < content.count, [0x20, 0x09, 0x0A, 0x0D].contains(content[place]) { place += 1 }
        }

        /// What stands between brackets or braces, and nothing more: whoever gets it reads it.
        mutating func next() throws(ServiceError) -> ArraySlice<UInt8>? {
            skipSpaces()
            if place < content.count, content[place] == UInt8(ascii: ",") { place += 1 }
            skipSpaces()
            guard place < content.count else { throw ImportedFile.refuse("The file ends too early.") }
            if content[place] == UInt8(ascii: "]") { return nil }
            let start = place
            var depth = 0
            var isText = false
            while place < content.count {
                let byte = content[place]
                place += 1
                if isText {
                    if byte == UInt8(ascii: "\\") { place += 1 } else if byte == UInt8(ascii: "\"") { isText = false }
                    continue
                }
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth <= 0 { return content[start..<place] }
                default: break
                }
            }
            throw ImportedFile.refuse("The file ends too early.")
        }
    }
}
