import Crypto

/// Proves a request's body as it arrives, piece by piece.
///
/// ``SignatureVerifier`` returns one when it has verified a request's head. Every byte of the body goes through
/// ``take(_:into:)``, which removes the framing of chunks. What comes out may be used, but only for what can be undone:
/// until ``finish()`` has returned, the rest may turn out to be forged or missing.
///
/// ```swift
/// var proof = try verifier.verify(claims, of: head, secretAccessKey: secret, now: now)
/// var content: [UInt8] = []
/// for piece in pieces {
///     try proof.take(piece, into: &content)
/// }
/// let trailers = try proof.finish()
/// ```
///
/// A body is proved in one of four ways, which the client chooses through `x-amz-content-sha256`: by its hash, chunk by
/// chunk with a signature for each, by a checksum in a trailing field (which the one who uses the body checks), or,
/// where ``SigningRules/acceptsUnsignedPayload`` says so, not at all.
///
/// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
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

    /// The proof for a body that nobody has signed, such as that of an anonymous request: it lets everything pass as it
    /// is.
    public static let none = BodyProof(.nothing)

    /// The proof for a body that nobody has signed, which may come in chunks with trailers behind them: it lets the content
    /// pass as it is.
    /// - Throws: for chunks that would have to be signed, or whose length is not announced.
    public static func unsigned(_ request: SignableRequest, rules: SigningRules) throws(SignatureError) -> BodyProof {
        guard rules.acceptsUnsignedPayload, let claimed = request.firstValue(ofHeader: "x-amz-content-sha256"),
            let form = ChunkedBody.Form(payloadHash: claimed, algorithm: .v4)
        else { return .none }
        guard !form.isSigned else { throw .unsupportedContentHash }
        let (trailers, length) = try PayloadHash.chunking(of: request, form)
        return BodyProof(.chunks(ChunkedBody(form, signer: nil, announced: trailers, length: length)))
    }

    /// Whether the body has the `aws-chunked` encoding, so that its content is shorter than what is sent.
    public var isChunked: Bool {
        if case .chunks = kind { true } else { false }
    }

    /// The length of the content within the chunks, in bytes, as `x-amz-decoded-content-length` announces it; nil where
    /// there are no chunks, and the length is that of the HTTP message. More content than that is refused while it
    /// arrives.
    public var contentLength: Int? {
        if case .chunks(let body) = kind { body.length } else { nil }
    }

    /// The names of the fields that are to follow the content, in lower case, as `x-amz-trailer` announces them.
    public var trailerNames: [String] {
        if case .chunks(let body) = kind { body.announced } else { [] }
    }

    /// Takes the next bytes of the body as they were sent, and appends the content among them.
    ///
    /// - Parameters:
    ///   - bytes: of any number; a piece may end in the middle of a chunk or of a signature.
    ///   - content: what the content is appended to. It may get nothing from a piece, or the content of several chunks.
    /// - Throws: what makes the body worthless: a chunk whose signature is wrong, framing that can't be read, more
    ///   content than announced. After that the proof is of no further use.
    /// - Complexity: O(*n*) in the bytes. It keeps none but those of a line that is not complete yet.
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
