import Crypto

/// Proves a request's body as it comes, piece by piece.
///
/// ``SignatureVerifier`` gives it out when a request's head is proved. Every byte of the body goes through
/// ``take(_:into:)``, which takes off the framing of chunks, and what comes out may be used, but only for what can be
/// undone: until ``finish()`` has returned, the rest may turn out forged or missing.
///
/// ```swift
/// var proof = try verifier.verify(claims, of: head, secretAccessKey: secret, now: now)
/// var content: [UInt8] = []
/// while let bytes = try await body.next() {
///     try proof.take(bytes, into: &content)
/// }
/// let trailers = try proof.finish()
/// ```
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
public struct BodyProof: Sendable {
    enum Kind: Sendable {
        /// The body was proved with the head, or is not signed.
        case nothing
        /// Signed with the head: its hash.
        case hash(SHA256, expected: [UInt8])
        /// Signed chunk by chunk, or at least sent so.
        case chunks(ChunkedBody)
    }

    private var kind: Kind

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// The proof for a body that nobody has signed.
    public static let none = BodyProof(.nothing)

    /// Whether the body comes in `aws-chunked` form.
    public var isChunked: Bool {
        if case .chunks = kind { true } else { false }
    }

    /// The length of what is in the chunks, in bytes, as the request announces it; nil where there are no chunks.
    public var contentLength: Int? {
        if case .chunks(let body) = kind { body.length } else { nil }
    }

    /// Takes the next bytes of the body as they came, and appends those of its content.
    ///
    /// - Throws: what makes the body worthless: a chunk whose signature is wrong, framing that can't be read, more
    ///   content than announced.
    /// - Complexity: O(*n*) in the bytes. It keeps none but those of a line that is not whole yet.
    public mutating func take(_ bytes: [UInt8], into content: inout [UInt8]) throws(SignatureError) {
        switch kind {
        case .nothing: content += bytes
        case .hash(var hash, let expected):
            // Not two at once, so that the hash's state is not copied.
            kind = .nothing
            hash.update(data: bytes)
            kind = .hash(hash, expected: expected)
            content += bytes
        case .chunks(var body):
            kind = .nothing
            defer { kind = .chunks(body) }
            try body.take(bytes[...], into: &content)
        }
    }

    /// Ends the proof: the body has come to its end.
    ///
    /// - Returns: the trailing fields, their names in lower case: those that `x-amz-trailer` announced.
    /// - Throws: what makes the body worthless: another hash than the signed one, a part that is missing.
    public mutating func finish() throws(SignatureError) -> [(name: String, value: String)] {
        switch kind {
        case .nothing: return []
        case .hash(let hash, let expected):
            guard hash.finalize() == expected else { throw .contentHashMismatch }
            return []
        case .chunks(let body): return try body.finish()
        }
    }
}

/// Signs the chunks of one body: each with the signature before it.
struct ChunkSigner: Sendable {
    let key: SigningKey
    let timestamp: [UInt8]
    let scope: SigningScope
    /// The hexadecimal text of the signature before: at first the request's own.
    private var previous: [UInt8] = []

    init(key: SigningKey, timestamp: [UInt8], scope: SigningScope, seed: [UInt8]) {
        self.key = key
        self.timestamp = timestamp
        self.scope = scope
        ASCII.appendHex(seed, to: &previous)
    }

    /// Whether a signature is that of the next chunk, or of the trailers.
    /// - Parameter signature: hexadecimal text.
    mutating func isNext(_ signature: [UInt8], over hash: SHA256.Digest, isTrailer: Bool) -> Bool {
        guard let bytes = ASCII.bytes(fromLowercaseHex: signature),
            key.isSignature(bytes, of: stringToSign(hash, isTrailer: isTrailer))
        else { return false }
        previous = signature
        return true
    }

    /// The signature of the next chunk, or of the trailers, as hexadecimal text.
    mutating func next(over hash: SHA256.Digest, isTrailer: Bool) -> [UInt8] {
        var signature: [UInt8] = []
        ASCII.appendHex(key.signature(of: stringToSign(hash, isTrailer: isTrailer)), to: &signature)
        previous = signature
        return signature
    }

    private func stringToSign(_ hash: SHA256.Digest, isTrailer: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(384)
        text += scope.algorithm.rawValue.utf8
        text += (isTrailer ? "-TRAILER\n" : "-PAYLOAD\n").utf8
        text += timestamp
        text.append(UInt8(ascii: "\n"))
        scope.append(to: &text)
        text.append(UInt8(ascii: "\n"))
        text += previous
        text.append(UInt8(ascii: "\n"))
        if !isTrailer {
            text += PayloadHash.emptyHex
            text.append(UInt8(ascii: "\n"))
        }
        ASCII.appendHex(hash, to: &text)
        return text
    }
}
