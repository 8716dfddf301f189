import Fetch
import FoundationEssentials
import Synchronization
import Wire

/// Bodies as objects of a bucket: `PREFIX/bodies/ID`. While one is written it is an upload in parts that nobody can read, or,
/// if it is short, in memory.
///
/// A bucket has no locks. So a sweep takes only what has lain there for a day, and a body can be made part of something
/// only within half a day.
struct BodyBucket: BodyPlace {
    let client: BucketClient

    var leastAge: Int? { 86_400 }
    var patience: Duration? { .seconds(43_200) }

    init(_ address: BucketAddress, _ trust: ServerTrust) {
        client = BucketClient(address, trust)
    }

    func create(_ id: BodyID) -> any NewBody { NewObject(client, Self.key(id)) }

    func open(_ id: BodyID) throws(BodyError) -> any PlacedBody { try PlacedObject(client, id, Self.key(id)) }

    func remove(_ id: BodyID) throws(BodyError) { try remove(Self.key(id)) }

    private func remove(_ key: String) throws(BodyError) {
        let answer = try client.send("DELETE", key)
        guard answer.status == 204 || BucketClient.isAbsent(answer) else { throw client.failure(answer) }
    }

    static func key(_ id: BodyID) -> String { "bodies/\(id)" }

    // MARK: What was left behind

    func removeUnfinished(before time: Int) throws(BodyError) -> Int {
        var count = 0
        var markers: [(name: String, value: String)] = []
        repeat {
            let answer = try client.send(
                "GET", nil,
                query: [("prefix", client.address.prefix + "bodies/"), ("uploads", "")] + markers)
            let page = try list(answer)
            for upload in page where upload.name == "Upload" {
                guard let key = upload["Key"], let id = upload["UploadId"], try isOld(upload["Initiated"], time) else {
                    continue
                }
                let place = String(key.dropFirst(client.address.prefix.utf8.count))
                guard try !hasNewPart(place, id, since: time) else { continue }
                let ended = try client.send("DELETE", place, query: [("uploadId", id)])
                guard ended.status == 204 || BucketClient.isAbsent(ended) else { throw client.failure(ended) }
                count += 1
            }
            let next = page.first { $0.name == "NextKeyMarker" }?.text
            let nextID = page.first { $0.name == "NextUploadIdMarker" }?.text
            let isMore = page.first { $0.name == "IsTruncated" }?.text == "true"
            markers = []
            if isMore, let next, let nextID { markers = [("key-marker", next), ("upload-id-marker", nextID)] }
        } while !markers.isEmpty
        return count
    }

    /// Whether an upload goes on. If it is ended all the same, nothing is lost: its writer finds out.
    private func hasNewPart(_ key: String, _ upload: String, since time: Int) throws(BodyError) -> Bool {
        let answer = try client.send("GET", key, query: [("uploadId", upload)])
        if BucketClient.isAbsent(answer) { return false }
        for part in try list(answer) where part.name == "Part" {
            if try !isOld(part["LastModified"], time) { return true }
        }
        return false
    }

    func list(after id: BodyID?, before time: Int, limit: Int) throws(BodyError) -> [BodyID] {
        var found: [BodyID] = []
        var last = id
        while found.count < limit {
            var query = [(name: "list-type", value: "2"), (name: "max-keys", value: "1000")]
            query.append(("prefix", client.address.prefix + "bodies/"))
            if let last { query.append(("start-after", client.address.prefix + Self.key(last))) }
            let page = try list(try client.send("GET", nil, query: query))
            for object in page where object.name == "Contents" {
                guard let key = object["Key"], let next = BodyID(String(key.suffix(BodyID.digits))) else { continue }
                last = next
                guard try isOld(object["LastModified"], time) else { continue }
                found.append(next)
                if found.count >= limit { return found }
            }
            guard page.first(where: { $0.name == "IsTruncated" })?.text == "true", last != id else { break }
        }
        return found
    }

    /// Nobody can tell whether its writer still lives: see `leastAge`.
    func claim(_ id: BodyID) -> (any Sendable)? { id }

    private func list(_ answer: Fetch.Answer) throws(BodyError) -> [XMLNode] {
        guard answer.status == 200 else { throw client.failure(answer) }
        guard let root = XMLTree(answer.body)?.root else {
            throw BodyError(.io, "What answers for the bucket \(client.address.name) does not speak S3's protocol.")
        }
        return root.children
    }

    private func isOld(_ text: String?, _ time: Int) throws(BodyError) -> Bool {
        guard let text, let moment = Timestamp(parsing: text) else {
            throw BodyError(.io, "What answers for the bucket \(client.address.name) does not speak S3's protocol.")
        }
        return moment.secondsSinceEpoch < Double(time)
    }

    // MARK: What else is in it

    private static let markKey = "gatehouse"

    func mark() throws(BodyError) -> String? {
        let answer = try client.send("GET", Self.markKey)
        if BucketClient.isAbsent(answer) { return nil }
        guard answer.status == 200 else { throw client.failure(answer) }
        return String(decoding: answer.body, as: UTF8.self)
    }

    func makeMark(_ text: String) throws(BodyError) {
        let answer = try client.send("PUT", Self.markKey, headers: [("If-None-Match", "*")], body: Array(text.utf8))
        guard answer.status == 200 || answer.status == 412 || answer.status == 409 else { throw client.failure(answer) }
    }

    func hold(_ name: String) throws(BodyError) {
        let answer = try client.send("PUT", "holds/\(name)", body: Array("held\n".utf8))
        guard answer.status == 200 else { throw client.failure(answer) }
    }

    func endHold(_ name: String) throws(BodyError) { try remove("holds/\(name)") }

    func isHeld(since time: Int) throws(BodyError) -> Bool {
        let answer = try client.send(
            "GET", nil, query: [("list-type", "2"), ("prefix", client.address.prefix + "holds/")])
        for object in try list(answer) where object.name == "Contents" {
            if try !isOld(object["LastModified"], time) { return true }
        }
        return false
    }
}

extension XMLNode {
    /// The text of the child of a name.
    fileprivate subscript(_ name: String) -> String? { children.first { $0.name == name }?.text }
}

/// An object that is read in blocks, each longer than the one before it: whoever wants little gets little.
private final class PlacedObject: PlacedBody {
    private struct Block {
        var start = 0
        var bytes: [UInt8] = []
    }

    private let client: BucketClient
    private let id: BodyID
    private let key: String
    let size: Int
    private let block: Mutex<Block>
    private let next = Mutex(firstBlock)

    /// In bytes, after the first chunk, which comes with the header.
    private static let firstBlock = BodySeal.chunksOfJob * (BodySeal.chunkSize + BodySeal.tagSize)
    private static let longestBlock = 4 << 20

    init(_ client: BucketClient, _ id: BodyID, _ key: String) throws(BodyError) {
        (self.client, self.id, self.key) = (client, id, key)
        let (bytes, size) = try Self.get(client, id, key, at: 0, count: BodySeal.place(ofChunk: 1))
        self.size = size
        block = Mutex(Block(bytes: bytes))
    }

    func read(at offset: Int, count: Int) throws(BodyError) -> [UInt8] {
        let end = min(offset + count, size)
        guard end > offset else { return [] }
        if let bytes = known(offset, end) { return bytes }
        let length = next.withLock { next in
            defer { next = min(next * 2, Self.longestBlock) }
            return max(next, end - offset)
        }
        let (bytes, _) = try Self.get(client, id, key, at: offset, count: min(length, size - offset))
        block.withLock { $0 = Block(start: offset, bytes: bytes) }
        return Array(bytes.prefix(end - offset))
    }

    private func known(_ offset: Int, _ end: Int) -> [UInt8]? {
        block.withLock { block in
            guard offset >= block.start, end <= block.start + block.bytes.count else { return nil }
            return Array(block.bytes[offset - block.start..<end - block.start])
        }
    }

    private static func get(
        _ client: BucketClient, _ id: BodyID, _ key: String, at offset: Int, count: Int
    ) throws(BodyError) -> (bytes: [UInt8], size: Int) {
        let answer = try client.send("GET", key, headers: [("Range", "bytes=\(offset)-\(offset + count - 1)")])
        if BucketClient.isAbsent(answer) { throw .missing(id) }
        if answer.status == 416 { throw .damaged(id, "it is shorter than it was written") }
        guard answer.status == 206 || answer.status == 200 else { throw client.failure(answer) }
        let total = answer.header("Content-Range")?.split(separator: "/").last.flatMap { Int($0) }
        return (answer.body, total ?? answer.body.count)
    }
}

/// An object that is being written: parts of some MiB, of which the last is in memory.
private final class NewObject: NewBody {
    private struct State {
        var bytes: [UInt8] = []
        /// nil: everything is in memory.
        var upload: String?
        var etags: [String] = []
        var isFinished = false
    }

    private let client: BucketClient
    private let key: String
    private let state = Mutex(State())

    /// In bytes. A body is no part of S3's that is longer than 5 GiB: that makes 640.
    private static let partSize = 8 << 20

    init(_ client: BucketClient, _ key: String) {
        self.client = client
        self.key = key
    }

    /// Whoever releases it may have no time to wait.
    deinit {
        let (client, key) = (client, key)
        if let upload = takeUpload() { _ = Job<Void> { try? Self.abort(client, key, upload) } }
    }

    func append(_ bytes: [UInt8]) throws(BodyError) {
        let part: [UInt8]? = state.withLock { state in
            state.bytes += bytes
            guard state.bytes.count >= Self.partSize else { return nil }
            defer { state.bytes = [] }
            return state.bytes
        }
        if let part { try put(part) }
    }

    /// Puts a part.
    private func put(_ bytes: [UInt8]) throws(BodyError) {
        let (known, number) = state.withLock { ($0.upload, $0.etags.count + 1) }
        let upload = if let known { known } else { try begin() }
        let answer = try client.send(
            "PUT", key, query: [("partNumber", String(number)), ("uploadId", upload)], body: bytes)
        guard answer.status == 200, let etag = answer.header("ETag") else { throw client.failure(answer) }
        state.withLock { $0.etags.append(etag) }
    }

    private func begin() throws(BodyError) -> String {
        let answer = try client.send("POST", key, query: [("uploads", "")])
        guard answer.status == 200, let upload = XMLTree(answer.body)?.root?["UploadId"] else {
            throw client.failure(answer)
        }
        state.withLock { $0.upload = upload }
        return upload
    }

    func finish() throws(BodyError) {
        let (rest, upload) = state.withLock { state in
            defer { state.bytes = [] }
            return (state.bytes, state.upload)
        }
        if let upload {
            if !rest.isEmpty { try put(rest) }
            try complete(upload)
        } else {
            let answer = try client.send("PUT", key, body: rest)
            guard answer.status == 200 else { throw client.failure(answer) }
        }
        state.withLock { $0.isFinished = true }
    }

    private func complete(_ upload: String) throws(BodyError) {
        let parts = state.withLock { $0.etags }.enumerated().map { index, etag in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(etag.replacing("\"", with: "&quot;"))</ETag></Part>"
        }
        let document = "<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>"
        let answer = try client.send("POST", key, query: [("uploadId", upload)], body: Array(document.utf8))
        // S3 may begin its answer before it knows how it ends.
        if answer.status == 200, XMLTree(answer.body)?.root?.name != "Error" { return }
        // The answer to an attempt before this may have been lost.
        if answer.status == 404, try client.send("GET", key, headers: [("Range", "bytes=0-0")]).status == 206 { return }
        throw client.failure(answer)
    }

    func discard() {
        if let upload = takeUpload() { try? Self.abort(client, key, upload) }
        state.withLock { $0.bytes = [] }
    }

    /// The upload that is to be ended; nil: there is none, or it was completed.
    private func takeUpload() -> String? {
        state.withLock { state in
            defer { state.upload = nil }
            return state.isFinished ? nil : state.upload
        }
    }

    private static func abort(_ client: BucketClient, _ key: String, _ upload: String) throws(BodyError) {
        _ = try client.send("DELETE", key, query: [("uploadId", upload)])
    }
}
