import Crypto

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// What backups and verifications do with a store. All of it blocks: these commands have a thread for themselves.

extension BodyStore {
    /// Makes sure that the store is that of a ledger, and writes on it that it is.
    ///
    /// Nodes that share a ledger must share its store. A folder whose disk is not mounted looks like a new one, and the one
    /// of another Gatehouse like its own: a sweep would remove all that it finds there.
    ///
    /// - Parameters:
    ///   - ledger: what tells this ledger's store from others.
    ///   - isNew: whether there may be nothing written on it yet.
    /// - Throws: ``BodyError``: `foreign`, `io`.
    public func claim(for ledger: String, isNew: Bool) throws(BodyError) {
        if isNew, try place.mark() == nil { try place.makeMark("\(ledger)\n") }
        guard let mark = try place.mark() else {
            throw BodyError(
                .foreign,
                "It is not the place of this Gatehouse's bodies, or its disk is not mounted: nothing is there.")
        }
        guard mark == "\(ledger)\n" else {
            throw BodyError(.foreign, "It has the bodies of another Gatehouse. Name a place of this one's own.")
        }
    }

    /// Makes sure that the store is no ledger's.
    ///
    /// - Throws: ``BodyError``: `foreign`, `io`.
    public func requireUnclaimed() throws(BodyError) {
        guard try place.mark() == nil else {
            throw BodyError(.foreign, "It has the bodies of another Gatehouse. Name a place of this one's own.")
        }
    }

    /// Looks at a whole body.
    ///
    /// - Returns: whether every byte is proved. Of one that was stored with a key of its caller's, only header and size are
    ///   looked at.
    /// - Throws: ``BodyError``: `missing`, `damaged`, `io`.
    public func inspect(_ body: StoredBody) throws(BodyError) -> Bool {
        let file = try place.open(body.id)
        let header = try file.read(at: 0, count: BodySeal.headerSize)
        guard !body.needsKey else {
            try BodySeal.check(body.id, header, size: file.size, ofLength: body.length)
            return false
        }
        let seal = try Self.seal(of: body, nil)
        try seal.check(header, size: file.size, ofLength: body.length)
        for index in 0..<BodySeal.chunks(ofLength: body.length) {
            let sealed = try file.read(
                at: BodySeal.place(ofChunk: index), count: BodySeal.chunkSize + BodySeal.tagSize)
            _ = try seal.open(sealed[...], index, range: 0..<0, ofLength: body.length)
        }
        return true
    }

    /// Finished bodies in the order of their ids.
    ///
    /// - Parameters:
    ///   - id: only those that come after it.
    ///   - age: only those that are older, in seconds.
    /// - Throws: ``BodyError`` of kind `io`.
    public func list(after id: BodyID? = nil, olderThan age: Int, limit: Int) throws(BodyError) -> [BodyID] {
        try place.list(after: id, before: time(nil) - age, limit: limit)
    }

    /// A body's size with its seals in bytes, and the SHA-256 of all that in hexadecimal digits.
    public struct Sum: Sendable, Equatable {
        public var bytes: Int
        public var sha256: String

        public init(bytes: Int, sha256: String) {
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    /// Copies a body as it is, sealed, from another store; one that is here already is replaced.
    ///
    /// - Throws: ``BodyError``: `missing`, `io`, `full`.
    public func copy(_ id: BodyID, from source: BodyStore) throws(BodyError) -> Sum {
        let file = try source.place.open(id)
        let new = try place.create(id)
        var hash = SHA256()
        var done = 0
        while done < file.size {
            let bytes = try file.read(at: done, count: min(Self.copiedTogether, file.size - done))
            guard !bytes.isEmpty else { throw .damaged(id, "it is shorter than it was a moment ago") }
            hash.update(data: bytes)
            try new.append(bytes)
            done += bytes.count
        }
        try new.finish()
        return Sum(bytes: done, sha256: Self.digits(hash))
    }

    /// The sum of a body that is here.
    ///
    /// - Throws: ``BodyError``: `missing`, `io`.
    public func sum(of id: BodyID) throws(BodyError) -> Sum {
        let file = try place.open(id)
        var hash = SHA256()
        var done = 0
        while done < file.size {
            let bytes = try file.read(at: done, count: min(Self.copiedTogether, file.size - done))
            guard !bytes.isEmpty else { break }
            hash.update(data: bytes)
            done += bytes.count
        }
        return Sum(bytes: done, sha256: Self.digits(hash))
    }

    /// In bytes.
    private static let copiedTogether = 1 << 20

    private static func digits(_ hash: SHA256) -> String {
        hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
