public import Crypto
public import Fetch
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the bodies of objects are kept: each sealed under a key of its own, readable by range, and never changed once
/// it is written. The key is in the ``StoredBody``, or with the caller; the store has none.
///
/// A body is written with a ``BodyWriter``, and the ``StoredBody`` that comes of it goes into a record. The record's
/// transaction makes the body part of something; one that no record names is an orphan, and a ``sweep(after:limit:olderThan:referenced:)``
/// removes it. Copies of a store are the same store; it needs no closing.
///
/// ```swift
/// let store = try BodyStore(folder: path + "/bodies")
/// let writer = try await store.begin()
/// try await writer.receive(Array("hello ".utf8))
/// try await writer.receive(Array("world".utf8))
/// let body = try await writer.finish()
///
/// let reader = try await store.read([body], range: 6..<11)
/// ```
public struct BodyStore: Sendable {
    /// Bodies up to this length, in bytes, are better kept beside their record: see ``seal(_:key:)``.
    public static let inlineLimit = 16_384

    let place: any BodyPlace
    /// What is being read.
    let openBodies = OpenBodies()

    /// A store of files. Several processes, also on several machines, may use the same folder, if its file system has
    /// locks (`flock`) that hold among them: any local one does, NFS from version 4 on.
    ///
    /// - Parameter folder: made if it isn't there, with mode 0700; the folder that it is in has to be there.
    /// - Throws: ``BodyError`` of kind `io` when the folder can't be made or written to.
    public init(folder: String) throws(BodyError) {
        place = try BodyFolder(folder)
    }

    /// A store of files that is there, to be read alone.
    ///
    /// - Throws: ``BodyError`` of kind `io` when it can't be read.
    public init(existingFolder folder: String) throws(BodyError) {
        place = try BodyFolder(existing: folder)
    }

    /// A store that is gone with the process.
    ///
    /// - Parameter memoryLimit: how many bytes all bodies may have, their seals included.
    public init(memoryLimit: Int) {
        place = BodyMemory(limit: memoryLimit)
    }

    /// A store in a bucket of S3's, or of what speaks its protocol. Nothing is asked of it yet.
    ///
    /// - Parameters:
    ///   - bucket: which, and how it is reached.
    ///   - trust: whose certificates are accepted, for `https`.
    public init(bucket: BucketAddress, trust: ServerTrust) {
        place = BodyBucket(bucket, trust)
    }

    // MARK: Writing and reading

    /// Begins a body.
    ///
    /// - Parameter key: 32 bytes, when the body is to be read only with a key that the caller keeps, such as a data key
    ///   of KMS or a customer's own. It may be used for any number of bodies. nil: the body gets one of its own.
    /// - Throws: ``BodyError``: `full` or `io` when the file can't be made; `key` when the key has another length.
    public func begin(key: SymmetricKey? = nil) async throws(BodyError) -> BodyWriter {
        let id = BodyID.random()
        let secret = try Self.secret(key)
        let seal = BodySeal(id, secret)
        let place = place
        let body = try await Job { () throws(BodyError) in
            let body = try place.create(id)
            try body.append(seal.header)
            return body
        }.value
        return BodyWriter(place, body, seal) { (length) throws(BodyError) in
            try Self.stored(id, length, seal, secret, isGiven: key != nil, place.patience)
        }
    }

    /// Reads bodies, one after the other, as if they were one.
    ///
    /// It returns when the first piece has been read and proved, so that most of what can be wrong is known before any
    /// answer has begun. Of several bodies each is opened when its turn comes: remove those that are not needed any more
    /// some time later, or readers that are not there yet will miss them.
    ///
    /// - Parameters:
    ///   - range: which bytes of the whole; nil for all of them.
    ///   - key: what ``begin(key:)`` was given, of no importance to bodies that were stored without.
    /// - Throws: ``BodyError``: `invalid` when the range is not within the bodies; `key` when the key is missing or
    ///   wrong; `missing`, `damaged`, `io`.
    public func read(
        _ bodies: [StoredBody], range: Range<Int>? = nil, key: SymmetricKey? = nil
    ) async throws(BodyError) -> BodyReader {
        var (parts, start): ([BodyCursor.Part], Int) = ([], 0)
        for body in bodies {
            let (end, isTooLong) = start.addingReportingOverflow(body.length)
            guard !isTooLong else { throw BodyError(.invalid, "The bodies are longer than any may be together.") }
            let wanted = (range ?? start..<end).clamped(to: start..<end)
            if !wanted.isEmpty { parts.append((body, wanted.lowerBound - start..<wanted.upperBound - start)) }
            start = end
        }
        let range = range ?? 0..<start
        guard range.lowerBound >= 0, range.upperBound <= start else {
            throw BodyError(.invalid, "The bytes \(range) are not within the \(start) bytes that there are.")
        }
        guard !parts.isEmpty else { return BodyReader(length: 0, first: nil, nil) }
        let token = openBodies.open(parts.map(\.body.id))
        let cursor = BodyCursor(place, parts) { (body) throws(BodyError) in try Self.seal(of: body, key) }
        let first = Job { () throws(BodyError) in try cursor.step() }
        _ = try await first.value
        return BodyReader(length: range.count, first: first, token)
    }

    // MARK: Beside the record

    /// Seals a small body, for a record to keep: in the same form and with the same keys as in a file, and some 130 bytes
    /// longer than the plaintext, those of the ``StoredBody`` included.
    ///
    /// - Throws: ``BodyError`` of kind `key` when the key has another length than 32 bytes.
    public func seal(
        _ bytes: [UInt8], key: SymmetricKey? = nil
    ) throws(BodyError) -> (body: StoredBody, sealed: [UInt8]) {
        let id = BodyID.random()
        let secret = try Self.secret(key)
        let seal = BodySeal(id, secret)
        var sealed = seal.header
        let count = BodySeal.chunks(ofLength: bytes.count)
        for index in 0..<count {
            let chunk = Array(bytes.dropFirst(index * BodySeal.chunkSize).prefix(BodySeal.chunkSize))
            sealed += try seal.seal(chunk, index, isLast: index == count - 1)
        }
        return (try Self.stored(id, bytes.count, seal, secret, isGiven: key != nil, nil), sealed)
    }

    /// Opens what ``seal(_:key:)`` made.
    ///
    /// - Parameter range: which bytes; nil for all of them.
    /// - Throws: ``BodyError``: `invalid`, `key` or `damaged` as with ``read(_:range:key:)``.
    public func open(
        _ sealed: [UInt8], of body: StoredBody, range: Range<Int>? = nil, key: SymmetricKey? = nil
    ) throws(BodyError) -> [UInt8] {
        let range = range ?? 0..<body.length
        guard range.lowerBound >= 0, range.upperBound <= body.length else {
            throw BodyError(.invalid, "The bytes \(range) are not within the \(body.length) bytes that there are.")
        }
        let seal = try Self.seal(of: body, key)
        try seal.check(Array(sealed.prefix(BodySeal.headerSize)), size: sealed.count, ofLength: body.length)
        var bytes: [UInt8] = []
        for index in range.lowerBound / BodySeal.chunkSize..<BodySeal.chunks(ofLength: range.upperBound) {
            let chunk = sealed.dropFirst(BodySeal.place(ofChunk: index)).prefix(BodySeal.chunkSize + BodySeal.tagSize)
            bytes += try seal.open(chunk, index, range: range, ofLength: body.length)
        }
        return bytes
    }

    // MARK: Removing

    /// Removes bodies, for good. Those that aren't there are passed over.
    ///
    /// Call it when the transaction that took them out of their records is committed. What is being read can be read to
    /// the end.
    ///
    /// - Throws: ``BodyError`` of kind `io`; the bodies that come before the one that failed are removed.
    public func remove(_ ids: [BodyID]) async throws(BodyError) {
        let place = place
        try await Job { () throws(BodyError) in
            for id in ids { try place.remove(id) }
        }.value
    }

    /// What a ``sweep(after:limit:olderThan:referenced:)`` did.
    public struct Sweep: Sendable, Equatable {
        /// The bodies that no record has, and that are removed now.
        public var orphans: [BodyID] = []
        /// How many bodies were removed that a process had left half written.
        public var unfinished = 0
        /// Where the next sweep has to go on; nil when all bodies have been looked at.
        public var last: BodyID?
    }

    /// Looks at some of the bodies, and removes those that were left behind.
    ///
    /// It takes no body whose writer still lives, on whatever node, and none that this process is reading. Any number of nodes may sweep at the same time. As long as
    /// the store is held (``BodyHold``), it does nothing.
    ///
    /// - Parameters:
    ///   - last: where the sweep before has stopped; nil begins anew, with what was left half written.
    ///   - limit: how many bodies it looks at.
    ///   - age: younger ones are not looked at, in seconds. A transaction whose outcome nobody knows must be over
    ///     before the age is reached: an hour is enough for any database. In a bucket, where nobody can tell whether a
    ///     writer still lives, it is a day at least; whose transaction is not committed after half a day fails
    ///     (``StoredBody/checkIsFresh()``).
    ///   - referenced: says which of these bodies a record has, asking the ledger as it is now. It is called for
    ///     all of them, and then again for those that seem to be orphans, once it is sure that their writers are done
    ///     with them.
    /// - Throws: ``BodyError`` of kind `io`, or what `referenced` throws.
    public func sweep(
        after last: BodyID? = nil, limit: Int = 1_000, olderThan age: Int = 3_600,
        referenced: (_ ids: [BodyID]) async throws -> Set<BodyID>
    ) async throws -> Sweep {
        let place = place
        let before = time(nil) - max(age, place.leastAge ?? age)
        var result = Sweep()
        guard try await !isHeld() else { return result }
        let ids: [BodyID]
        (result.unfinished, ids) = try await Job { () throws(BodyError) in
            (
                last == nil ? try place.removeUnfinished(before: before) : 0,
                try place.list(after: last, before: before, limit: max(1, limit))
            )
        }.value
        if ids.count >= limit { result.last = ids.last }
        guard !ids.isEmpty else { return result }

        var candidates = Set(ids).subtracting(try await referenced(ids)).subtracting(openBodies.among(ids)).sorted()[
            ...]
        while !candidates.isEmpty {
            result.orphans += try await removeOrphans(Array(candidates.prefix(Self.claimsAtATime)), referenced)
            candidates = candidates.dropFirst(Self.claimsAtATime)
        }
        return result
    }

    /// Each claim is an open file.
    private static let claimsAtATime = 100

    /// - Parameter candidates: bodies that no record had a moment ago; maybe because their writers' transactions were
    ///   not committed yet.
    private func removeOrphans(
        _ candidates: [BodyID], _ referenced: (_ ids: [BodyID]) async throws -> Set<BodyID>
    ) async throws -> [BodyID] {
        let place = place
        let claims = try await Job { () throws(BodyError) in
            var claims: [BodyID: any Sendable] = [:]
            for id in candidates { claims[id] = try place.claim(id) }
            return claims
        }.value
        guard !claims.isEmpty else { return [] }
        // The writers of those that could be claimed are done with them: the ledger's answer is final.
        let orphans = Set(claims.keys).subtracting(try await referenced(claims.keys.sorted())).sorted()
        try await remove(orphans)
        withExtendedLifetime(claims) {}
        return orphans
    }

    // MARK: Keys

    /// The key that was given, or a new one.
    private static func secret(_ given: SymmetricKey?) throws(BodyError) -> SymmetricKey {
        guard let given else { return SymmetricKey(size: .bits256) }
        guard given.bitCount == 8 * BodySeal.keySize else {
            throw BodyError(.key, "The key for a body has \(given.bitCount) bits instead of \(8 * BodySeal.keySize).")
        }
        return given
    }

    private static func stored(
        _ id: BodyID, _ length: Int, _ seal: BodySeal, _ secret: SymmetricKey, isGiven: Bool, _ patience: Duration?
    ) throws(BodyError) -> StoredBody {
        guard length <= StoredBody.longest else { throw BodyError(.invalid, "The body is longer than any may be.") }
        return StoredBody(
            id: id, length: length,
            secret: isGiven ? .given(check: seal.check) : .own(secret.withUnsafeBytes { Array($0) }),
            until: patience.map { ContinuousClock.now + $0 })
    }

    private static func needed(_ given: SymmetricKey?, for body: StoredBody) throws(BodyError) -> SymmetricKey {
        guard let given else {
            throw BodyError(
                .key, "The body \(body.id) was stored with a key of the caller's, which is needed to read it.")
        }
        return given
    }

    static func seal(of body: StoredBody, _ given: SymmetricKey?) throws(BodyError) -> BodySeal {
        switch body.secret {
        case .own(let own): return BodySeal(body.id, SymmetricKey(data: own))
        case .wrapped(let wrapped):
            let given = try Self.needed(given, for: body)
            guard let own = try? AES.KeyWrap.unwrap(wrapped, using: given) else {
                throw BodyError(.key, "The key of the body \(body.id) was wrapped by another one than was given.")
            }
            return BodySeal(body.id, own)
        case .given(let check):
            let given = try Self.needed(given, for: body)
            let seal = BodySeal(body.id, try Self.secret(given))
            // Equal or not is all that anybody learns, and a check is not a secret.
            guard seal.check == check else {
                throw BodyError(.key, "The body \(body.id) was stored with another key than the one that was given.")
            }
            return seal
        }
    }
}
