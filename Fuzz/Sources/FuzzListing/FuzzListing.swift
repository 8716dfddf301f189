import Dispatch
import FuzzDriver
import Logging
import Server
import Signature
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in
            guard let question = Question(UnsafeBufferPointer(start: start, count: count)) else { return 0 }
            let done = DispatchSemaphore(value: 0)
            Task.detached {
                await Buckets.shared.check(question)
                done.signal()
            }
            done.wait()
            return 0
        }
    }
}

/// The input: which of the lists, how long its pages are, and then, with bytes between them that no text has, the delimiter,
/// the prefix and the keys that there are.
private struct Question: Sendable {
    let isSecond: Bool
    let limit: Int
    let delimiter: [UInt8]
    let prefix: [UInt8]
    /// In order.
    let keys: [[UInt8]]

    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count > 4 else { return nil }
        (isSecond, limit) = (bytes[0].isMultiple(of: 2), Int(bytes[1] % 6) + 1)
        let texts = bytes[2...].split(separator: 0xff, omittingEmptySubsequences: false).map { Array($0) }
        guard texts.count > 2, texts.count < 40,
            texts.allSatisfy({ $0.count <= 1024 && String(validating: $0, as: UTF8.self) != nil })
        else { return nil }
        (delimiter, prefix) = (texts[0], texts[1])
        keys = Set(texts[2...]).filter { !$0.isEmpty }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// What the list has: keys, and groups of them.
    var entries: [Entry] {
        var found: [Entry] = []
        for key in keys where key.starts(with: prefix) {
            let end = delimiter.isEmpty ? nil : key[prefix.count...].end(of: delimiter)
            let entry = Entry(name: end.map { Array(key[..<$0]) } ?? key, isGroup: end != nil)
            if found.last != entry { found.append(entry) }
        }
        return found
    }
}

private struct Entry: Equatable, Sendable {
    let name: [UInt8]
    let isGroup: Bool
}

extension ArraySlice<UInt8> {
    /// Where the first occurrence of some bytes ends.
    fileprivate func end(of wanted: [UInt8]) -> Int? {
        indices.first { self[$0...].starts(with: wanted) }.map { $0 + wanted.count }
    }
}

/// A Gatehouse in memory, with a bucket for each question; a new one when there are many.
private actor Buckets {
    static let shared = Buckets()
    private static let root = SigningCredentials(
        accessKeyID: "AKIAROOTROOTROOTROOT", secretAccessKey: "rootSecretrootSecretrootSecretrootSecret")
    private static let time = 1_800_000_000.0

    private var gatehouse: Gatehouse?
    private var buckets = 0

    func check(_ question: Question) async {
        do {
            let gatehouse = try await ready()
            buckets += 1
            let bucket = "bucket-\(buckets)"
            try await gatehouse.fill(bucket: bucket, keys: question.keys.map { String(decoding: $0, as: UTF8.self) })
            var (found, pages, more) = ([Entry](), 0, "")
            while true {
                guard let page = await list(question, bucket, more, gatehouse) else { return }
                found += page.entries
                pages += 1
                guard let next = page.next else {
                    precondition(page.entries.count <= question.limit, "a long page")
                    break
                }
                precondition(page.entries.count == question.limit, "a page of \(page.entries.count)")
                precondition(pages <= question.keys.count, "there is no end to it")
                more = next
            }
            let wanted = question.entries
            precondition(found == wanted, "\(found.count) entries instead of \(wanted.count)")
        } catch {
            fatalError("\(error)")
        }
    }

    private func ready() async throws -> Gatehouse {
        if let gatehouse, buckets < 500 { return gatehouse }
        if let old = gatehouse { await old.close() }
        var configuration = Gatehouse.Configuration()
        configuration.accountID = "111122223333"
        configuration.rootAccessKeyID = Self.root.accessKeyID
        configuration.rootSecretAccessKey = Self.root.secretAccessKey
        configuration.now = { Self.time }
        var log = Logger(label: "fuzz")
        log.logLevel = .critical
        let new = try await Gatehouse(configuration, log: log)
        (gatehouse, buckets) = (new, 0)
        return new
    }

    /// A page, in order, and how to ask for the next; nil where the question is refused.
    private func list(
        _ question: Question, _ bucket: String, _ more: String, _ gatehouse: Gatehouse
    ) async -> (entries: [Entry], next: String?)? {
        var query = "delimiter=\(encoded(question.delimiter))&encoding-type=url"
        if question.isSecond { query += "&list-type=2" }
        query += more + "&max-keys=\(question.limit)&prefix=\(encoded(question.prefix))"
        var request = SignableRequest(
            method: "GET", path: "/\(bucket)", query: query,
            headers: [("host", "localhost"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], body: [])
        let signer = SignatureSigner(credentials: Self.root, region: "us-east-1", service: "s3")
        request.headers += signer.sign(request, timestamp: Self.time)
        let response = await gatehouse.edge.respond(
            to: WireRequest(
                method: request.method, path: request.path, query: request.query, headers: request.headers, body: []),
            sourceIP: "127.0.0.1")
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.status == 200 else {
            precondition(response.status < 500 && more.isEmpty, text)
            return nil
        }
        var entries = texts(between: "<Contents><Key>", "</Key>", in: text)
            .map { Entry(name: decoded($0), isGroup: false) }
        entries += texts(between: "<CommonPrefixes><Prefix>", "</Prefix>", in: text)
            .map { Entry(name: decoded($0), isGroup: true) }
        entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
        guard text.contains("<IsTruncated>true") else { return (entries, nil) }
        let name = question.isSecond ? "NextContinuationToken" : "NextMarker"
        var next = texts(between: "<\(name)>", "</\(name)>", in: text).first.map { Array($0.utf8) }
        // Names are encoded, tokens are not; and without a delimiter the first list says nothing.
        if !question.isSecond { next = next.map { decoded(String(decoding: $0, as: UTF8.self)) } ?? entries.last?.name }
        guard let next else { fatalError("a page that is not the last does not say where the next begins: \(text)") }
        return (entries, question.isSecond ? "&continuation-token=\(encoded(next))" : "&marker=\(encoded(next))")
    }
}

private func texts(between start: String, _ end: String, in text: String) -> [String] {
    text.split(separator: start).dropFirst().map { String($0[..<($0.firstRange(of: end)?.lowerBound ?? $0.endIndex)]) }
}

private func encoded(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return "%" + (digits.count < 2 ? "0" : "") + digits
    }.joined()
}

private func decoded(_ text: String) -> [UInt8] {
    var (bytes, rest) = ([UInt8](), Array(text.utf8)[...])
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
        case UInt8(ascii: "%"):
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        default: bytes.append(byte)
        }
    }
    return bytes
}
