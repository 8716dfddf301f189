import PackageVersions
import Packages
import Wire

/// All advisories that the operator supplied, in a file that is mapped into memory: nothing of it is read before it is asked for.
public struct AdvisoryIndex: Sendable {
    /// Where advisories come from and as of when: what must be said loudly.
    public struct Origin: Sendable, Hashable, Codable {
        /// The file or folder.
        public var path: String
        /// As of when it is: when the newest advisory in it was changed, or what it says itself, in seconds since 1970. Nil
        /// where nothing says it.
        public var newest: Double?
        /// How many advisories, or facts about exploits, it had.
        public var advisories: Int
    }

    /// What the index was made from.
    public let origins: [Origin]
    /// How many advisories there are.
    public let count: Int

    private let file: MappedFile
    private let head: IndexHead

    /// Opens an index that ``build(from:to:)`` wrote.
    public init(path: String) throws(AdvisoryError) {
        file = try MappedFile(path: path)
        guard let head = IndexHead(file.bytes) else { throw AdvisoryError("\(path) is no index of advisories") }
        self.head = head
        count = Int(clamping: head.advisories)
        let start = Int(head.origins)
        let json = Array(file.bytes[start..<start + Int(head.originsCount)])
        var origins: [Origin] = []
        if case .array(let values)? = try? JSONValue(parsing: json) {
            for value in values {
                guard case .string(let path)? = value["path"], case .integer(let count)? = value["advisories"] else {
                    continue
                }
                let newest: Double? =
                    switch value["newest"] {
                    case .integer(let seconds)?: Double(seconds)
                    case .double(let seconds)?: seconds
                    default: nil
                    }
                origins.append(Origin(path: path, newest: newest, advisories: count))
            }
        }
        self.origins = origins
    }

    /// An advisory that affects a package.
    struct Hit {
        let advisory: UInt64
        let fixedIn: String?
        let severity: String?
    }

    /// The advisories that affect a version.
    func hits(_ lookup: Ecosystem.Lookup) -> [Hit] {
        guard head.entryCount > 0, let scheme = Ecosystem.scheme(lookup.ecosystem) else { return [] }
        let hash = stableHash(lookup.ecosystem, lookup.name)
        let bucket = head.bucketBits == 0 ? 0 : hash >> (64 - head.bucketBits)
        var buckets = IndexReader(file.bytes, at: head.buckets + bucket * 4)
        let bounds = buckets.word()
        let (start, end) = (bounds & 0xFFFF_FFFF, min(bounds >> 32, head.entryCount))
        var hits: [Hit] = []
        var entry = start
        while entry < end {
            var reader = IndexReader(file.bytes, at: head.entries + entry * 24)
            entry += 1
            guard reader.word() == hash else { continue }
            let advisory = reader.word()
            var affected = IndexReader(file.bytes, at: reader.word())
            guard let answer = affected.answer(lookup, scheme) else { continue }
            hits.append(Hit(advisory: advisory, fixedIn: answer.fixedIn, severity: answer.severity))
        }
        return hits
    }

    /// The advisory that stands at a place.
    func advisory(at place: UInt64) -> Advisory {
        var reader = IndexReader(file.bytes, at: place)
        var advisory = reader.advisory()
        for name in [advisory.id] + advisory.aliases {
            guard let value = find(name, in: head.exploits, head.exploitCount).first else { continue }
            let probability = Float(bitPattern: UInt32(truncatingIfNeeded: value))
            if !probability.isNaN { advisory.exploitProbability = Double("\(probability)") }
            if value >> 32 & 1 == 1 { advisory.isExploited = true }
        }
        return advisory
    }

    /// The advisories that have this name or alias: `CVE-2023-5363`.
    public func advisories(named id: String) -> [Advisory] {
        find(id, in: head.names, head.nameCount).map { advisory(at: $0) }.filter {
            $0.id == id || $0.aliases.contains(id)
        }
    }

    /// How likely a vulnerability is to be exploited, and whether it is known to be.
    public func exploitation(of id: String) -> (probability: Double?, isKnown: Bool) {
        guard let value = find(id, in: head.exploits, head.exploitCount).first else { return (nil, false) }
        let probability = Float(bitPattern: UInt32(truncatingIfNeeded: value))
        return (probability.isNaN ? nil : Double("\(probability)"), value >> 32 & 1 == 1)
    }

    /// What stands behind a name's hash in a list of hashes in order.
    private func find(_ name: String, in start: UInt64, _ count: UInt64) -> [UInt64] {
        let hash = stableHash(name)
        var (low, high) = (UInt64(0), count)
        while low < high {
            let middle = low + (high - low) / 2
            var reader = IndexReader(file.bytes, at: start + middle * 16)
            if reader.word() < hash { low = middle + 1 } else { high = middle }
        }
        var found: [UInt64] = []
        while low < count, found.count < 10_000 {
            var reader = IndexReader(file.bytes, at: start + low * 16)
            guard reader.word() == hash else { break }
            found.append(reader.word())
            low += 1
        }
        return found
    }
}

/// Why advisories can't be used.
public struct AdvisoryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In words for people.
    public let description: String

    init(_ description: String) { self.description = description }
}
