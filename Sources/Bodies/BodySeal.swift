import Crypto
import Keyring

/// The form in which a body is kept; the module's documentation describes it.
///
/// A body is cut into chunks, and each is sealed with AES-256-GCM (NIST SP 800-38D) on its own, as in STREAM (Hoang,
/// Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015): the
/// nonce has the chunk's number and whether it is the last, so that chunks can't be left out, repeated or reordered.
struct BodySeal: Sendable {
    /// How many bytes of plaintext a chunk has; the last one may have fewer.
    static let chunkSize = 65_536
    static let tagSize = AESGCM.tagSize
    static let keySize = AESGCM.keySize
    /// How many chunks a job seals and writes, or reads and opens.
    static let chunksOfJob = 8

    let id: BodyID
    let header: [UInt8]
    /// Tells the secret from others, and nothing more about it.
    let check: [UInt8]
    private let key: SymmetricKey

    /// Derives the body's own key. A secret may serve any number of bodies, since the id is another salt for each.
    init(_ id: BodyID, _ secret: SymmetricKey) {
        self.id = id
        header = Self.header(of: id)
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, salt: id.bytes, info: Array("gatehouse body 1".utf8),
            outputByteCount: Self.keySize + 16)
        (key, check) = derived.withUnsafeBytes { bytes in
            (SymmetricKey(data: bytes.prefix(Self.keySize)), Array(bytes.dropFirst(Self.keySize)))
        }
    }

    static func header(of id: BodyID) -> [UInt8] {
        // The format's version, the chunks' size as a power of two, and zeros.
        Array("GATEBODY".utf8) + [1, UInt8(chunkSize.trailingZeroBitCount), 0, 0, 0, 0, 0, 0] + id.bytes
    }

    static let headerSize = 32

    // MARK: Where things are

    /// How many chunks a body has: an empty one has one as well.
    static func chunks(ofLength length: Int) -> Int { max(1, (length + chunkSize - 1) / chunkSize) }

    /// How many bytes a body takes with its seals.
    static func sealedSize(ofLength length: Int) -> Int {
        headerSize + length + chunks(ofLength: length) * tagSize
    }

    /// Where a chunk begins in the file.
    static func place(ofChunk index: Int) -> Int { headerSize + index * (chunkSize + tagSize) }

    /// Checks what can be checked before anything is opened.
    func check(_ header: [UInt8], size: Int, ofLength length: Int) throws(BodyError) {
        try Self.check(id, header, size: size, ofLength: length)
    }

    static func check(_ id: BodyID, _ header: [UInt8], size: Int, ofLength length: Int) throws(BodyError) {
        guard header.starts(with: Self.header(of: id)) else {
            throw .damaged(id, "its header is not as it was written")
        }
        let expected = sealedSize(ofLength: length)
        guard size == expected else {
            throw .damaged(id, "it has \(size) bytes with its seals instead of \(expected)")
        }
    }

    // MARK: Chunks

    /// Seals a chunk.
    ///
    /// - Parameters:
    ///   - index: its number, from 0 on.
    ///   - isLast: whether the body ends here.
    func seal(_ plaintext: [UInt8], _ index: Int, isLast: Bool) throws(BodyError) -> [UInt8] {
        var sealed: [UInt8] = []
        do throws(KeyringError) {
            try AESGCM.seal(
                plaintext.span.bytes, using: key, nonce: nonce(index, isLast), authenticating: header, into: &sealed)
        } catch {
            throw BodyError(.key, "The body \(id) could not be sealed.")
        }
        return sealed
    }

    /// Opens a chunk.
    ///
    /// - Parameters:
    ///   - range: the bytes of the body that are wanted; those of them that are in this chunk are returned.
    ///   - length: the length of the whole body.
    /// - Throws: ``BodyError`` of kind `damaged`.
    func open(
        _ sealed: ArraySlice<UInt8>, _ index: Int, range: Range<Int>, ofLength length: Int
    ) throws(BodyError) -> [UInt8] {
        let start = index * Self.chunkSize
        let nonce = nonce(index, index == Self.chunks(ofLength: length) - 1)
        var bytes: [UInt8] = []
        do throws(KeyringError) {
            try AESGCM.open(
                sealed.span.bytes, using: key, nonce: nonce.span.bytes, authenticating: header, into: &bytes)
        } catch {
            throw .damaged(id, at: start, "the seal of chunk \(index) does not match")
        }
        let wanted = range.clamped(to: start..<start + bytes.count)
        return wanted.count == bytes.count ? bytes : Array(bytes[wanted.lowerBound - start..<wanted.upperBound - start])
    }

    private func nonce(_ index: Int, _ isLast: Bool) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0, isLast ? 1 : 0]
        withUnsafeBytes(of: UInt64(index).bigEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }
}
