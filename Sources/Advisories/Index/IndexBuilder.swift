import Wire

/// What stands at the front of an index.
struct IndexHead {
    static let magic = Array("GHADVIS1".utf8)
    static let size = 128

    var advisories: UInt64 = 0
    /// What packages are looked up by: the hashes in order, and where among them those begin that share their first bits.
    var entries: UInt64 = 0
    var entryCount: UInt64 = 0
    var buckets: UInt64 = 0
    var bucketBits: UInt64 = 0
    /// What names of advisories are looked up by: the hashes in order.
    var names: UInt64 = 0
    var nameCount: UInt64 = 0
    /// The same for what is known of exploits.
    var exploits: UInt64 = 0
    var exploitCount: UInt64 = 0
    /// Where it all came from, in JSON.
    var origins: UInt64 = 0
    var originsCount: UInt64 = 0
    /// Of the file.
    var count: UInt64 = 0

    private var words: [WritableKeyPath<IndexHead, UInt64>] {
        [
            \.advisories, \.entries, \.entryCount, \.buckets, \.bucketBits, \.names, \.nameCount, \.exploits,
            \.exploitCount, \.origins, \.originsCount, \.count,
        ]
    }

    init() {}

    /// Nil for a file that is no index, or not whole.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.size, bytes.prefix(8).elementsEqual(Self.magic) else { return nil }
        var reader = IndexReader(bytes, at: 8)
        for word in words { self[keyPath: word] = reader.word() }
        let size = UInt64(bytes.count)
        guard count == size, bucketBits <= 32, originsCount <= size, origins <= size - originsCount else { return nil }
        for (start, count, width) in [
            (entries, entryCount, 24), (names, nameCount, 16), (exploits, exploitCount, 16),
            (buckets, (1 << bucketBits) + 1, 4),
        ] as [(UInt64, UInt64, UInt64)] {
            guard count <= size / width, start <= size - count * width else { return nil }
        }
    }

    var bytes: [UInt8] {
        var writer = IndexWriter(bytes: Self.magic)
        for word in words { writer.word(self[keyPath: word]) }
        return writer.bytes + [UInt8](repeating: 0, count: Self.size - writer.bytes.count)
    }
}

/// Writes an index: advisories go to the file as they come, what they are looked up by is kept and follows them.
final class IndexBuilder {
    /// An advisory for a package.
    private struct Entry {
        let hash: UInt64
        let advisory: UInt64
        let affected: UInt64
    }

    private let file: NewFile
    private var head = IndexHead()
    private var entries: [Entry] = []
    private var names: [(hash: UInt64, advisory: UInt64)] = []
    private var exploits: [UInt64: (probability: Float, isExploited: Bool)] = [:]
    /// Debian's advisories, which come once for each package.
    private var shared: [UInt64: UInt64] = [:]
    private var origins: [AdvisoryIndex.Origin] = []

    init(path: String) throws(AdvisoryError) {
        file = try NewFile(path: path)
        try file.write([UInt8](repeating: 0, count: IndexHead.size))
    }

    /// Begins with another file or folder.
    func begin(_ path: String) { origins.append(AdvisoryIndex.Origin(path: path, newest: nil, advisories: 0)) }

    func add(_ record: AdvisoryRecord) throws(AdvisoryError) {
        let place = try self.place(record.advisory)
        for affected in record.affected {
            var writer = IndexWriter()
            writer.affected(affected)
            entries.append(
                Entry(hash: stableHash(affected.ecosystem, affected.name), advisory: place, affected: file.count))
            try file.write(writer.bytes)
        }
    }

    private func place(_ advisory: Advisory) throws(AdvisoryError) -> UInt64 {
        let isShared = advisory.source == .debian && advisory.modified == nil
        let key = stableHash(advisory.id)
        if isShared, let place = shared[key] { return place }
        let place = file.count
        var writer = IndexWriter()
        writer.advisory(advisory)
        try file.write(writer.bytes)
        if isShared { shared[key] = place }
        names.append((key, place))
        for alias in Set(advisory.aliases) where alias != advisory.id { names.append((stableHash(alias), place)) }
        head.advisories += 1
        if let last = origins.indices.last {
            origins[last].advisories += 1
            if let modified = advisory.modified {
                origins[last].newest = max(origins[last].newest ?? modified, modified)
            }
        }
        return place
    }

    func add(probability: Float, of id: String) {
        exploits[stableHash(id), default: (.nan, false)].probability = probability
        if let last = origins.indices.last { origins[last].advisories += 1 }
    }

    func add(exploited id: String) {
        exploits[stableHash(id), default: (.nan, false)].isExploited = true
        if let last = origins.indices.last { origins[last].advisories += 1 }
    }

    /// As of when the source is, where it says so itself.
    func date(_ time: Double) {
        if let last = origins.indices.last { origins[last].newest = max(origins[last].newest ?? time, time) }
    }

    func finish() throws(AdvisoryError) {
        entries.sort { ($0.hash, $0.affected) < ($1.hash, $1.affected) }
        head.entries = file.count
        head.entryCount = UInt64(entries.count)
        var writer = IndexWriter()
        for entry in entries {
            writer.word(entry.hash)
            writer.word(entry.advisory)
            writer.word(entry.affected)
            if writer.bytes.count >= 1 << 20 { try take(&writer) }
        }
        try take(&writer)
        // About two in each bucket.
        let bits = max(1, Int.bitWidth - (entries.count / 2).leadingZeroBitCount)
        head.bucketBits = UInt64(min(bits, 28))
        head.buckets = file.count
        var next = 0
        for bucket in 0...(1 << head.bucketBits) as ClosedRange<UInt64> {
            while next < entries.count, entries[next].hash >> (64 - head.bucketBits) < bucket { next += 1 }
            withUnsafeBytes(of: UInt32(clamping: next).littleEndian) { writer.bytes.append(contentsOf: $0) }
            if writer.bytes.count >= 1 << 20 { try take(&writer) }
        }
        try take(&writer)
        names.sort { ($0.hash, $0.advisory) < ($1.hash, $1.advisory) }
        head.names = file.count
        head.nameCount = UInt64(names.count)
        for name in names {
            writer.word(name.hash)
            writer.word(name.advisory)
        }
        try take(&writer)
        head.exploits = file.count
        head.exploitCount = UInt64(exploits.count)
        for (hash, exploit) in exploits.sorted(by: { $0.key < $1.key }) {
            writer.word(hash)
            writer.word(UInt64(exploit.probability.bitPattern) | (exploit.isExploited ? 1 << 32 : 0))
        }
        try take(&writer)
        head.origins = file.count
        var json = JSONWriter()
        json.beginArray()
        for origin in origins {
            json.beginObject()
            json.member("path", origin.path)
            json.key("advisories")
            json.integer(origin.advisories)
            if let newest = origin.newest {
                json.key("newest")
                json.double(newest)
            }
            json.endObject()
        }
        json.endArray()
        head.originsCount = UInt64(json.bytes.count)
        try file.write(json.bytes)
        head.count = file.count
        try file.finish(head: head.bytes)
    }

    private func take(_ writer: inout IndexWriter) throws(AdvisoryError) {
        try file.write(writer.bytes)
        writer.bytes.removeAll(keepingCapacity: true)
    }
}
