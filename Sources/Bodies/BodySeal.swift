import Crypto
import FoundationEssentials

/// The form in which a body is kept; the module's documentation describes it.
///
/// A body is cut into chunks, and each is sealed with AES-256-GCM (NIST SP 800-38D) on its own, as in STREAM (Hoang,
/// Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015): the
/// nonce has the chunk's number and whether it is the last, so that chunks can't be left out, repeated or reordered.
struct BodySeal: Sendable {
    /// How many bytes of plaintext a chunk has; the last one may have fewer.
    static let chunkSize = 65_536
    static let tagSize = 16
    static let keySize = 32
    /// How many chunks are sealed, written, read and opened at a time.
    static let chunksOfPiece = 4

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
        guard header.starts(with: self.header) else { throw .damaged(id, "its header is not as it was written") }
        let expected = Self.sealedSize(ofLength: length)
        guard size == expected else {
            throw .damaged(id, "it has \(size) bytes with its seals instead of \(expected)")
        }
    }

    // MARK: Chunks

    /// Seals some chunks that follow each other.
    ///
    /// - Parameters:
    ///   - first: the number of the first of them.
    ///   - isLast: whether the body ends here.
    func seal(_ plaintext: [UInt8], first: Int, isLast: Bool) throws(BodyError) -> [UInt8] {
        let count = Self.chunks(ofLength: plaintext.count)
        var sealed: [UInt8] = []
        sealed.reserveCapacity(plaintext.count + count * Self.tagSize)
        do {
            for number in 0..<count {
                let chunk = plaintext.dropFirst(number * Self.chunkSize).prefix(Self.chunkSize)
                let box = try AES.GCM.seal(
                    chunk, using: key, nonce: nonce(first + number, isLast && number == count - 1),
                    authenticating: header)
                box.ciphertext.withUnsafeBytes { sealed.append(contentsOf: $0) }
                box.tag.withUnsafeBytes { sealed.append(contentsOf: $0) }
            }
        } catch {
            throw BodyError(.key, "The body \(id) could not be sealed.")
        }
        return sealed
    }

    /// Opens some chunks that follow each other.
    ///
    /// - Parameters:
    ///   - length: the length of the whole body.
    ///   - range: the bytes that are wanted, which begin in the first of the chunks and end in the last of them.
    /// - Throws: ``BodyError`` of kind `damaged`.
    func open(_ sealed: [UInt8], range: Range<Int>, ofLength length: Int) throws(BodyError) -> [UInt8] {
        let first = range.lowerBound / Self.chunkSize
        let last = Self.chunks(ofLength: length) - 1
        var plaintext: [UInt8] = []
        plaintext.reserveCapacity(range.count)
        var rest = sealed[...]
        var index = first
        while !rest.isEmpty {
            let chunk = rest.prefix(Self.chunkSize + Self.tagSize)
            rest = rest.dropFirst(chunk.count)
            let start = index * Self.chunkSize
            do {
                let box = try AES.GCM.SealedBox(
                    nonce: nonce(index, index == last), ciphertext: chunk.dropLast(Self.tagSize),
                    tag: chunk.suffix(Self.tagSize))
                try AES.GCM.open(box, using: key, authenticating: header).withUnsafeBytes { bytes in
                    let from = max(range.lowerBound - start, 0)
                    let to = min(range.upperBound - start, bytes.count)
                    plaintext.append(contentsOf: bytes.dropFirst(from).prefix(max(to - from, 0)))
                }
            } catch {
                throw .damaged(id, at: start, "the seal of chunk \(index) does not match")
            }
            index += 1
        }
        guard plaintext.count == range.count else {
            throw .damaged(id, at: range.lowerBound + plaintext.count, "it ends too early")
        }
        return plaintext
    }

    private func nonce(_ index: Int, _ isLast: Bool) throws -> AES.GCM.Nonce {
        var bytes: [UInt8] = [0, 0, 0, isLast ? 1 : 0]
        withUnsafeBytes(of: UInt64(index).bigEndian) { bytes.append(contentsOf: $0) }
        return try AES.GCM.Nonce(data: bytes)
    }
}
