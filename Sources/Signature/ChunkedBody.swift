import Crypto

/// Reads a body in `aws-chunked` form, and proves it:
///
/// ```
/// 10000;chunk-signature=ad80…\r\n   hexadecimal length, and in the signed forms a signature
/// …65536 bytes…\r\n
/// 0;chunk-signature=b6c6…\r\n        the last chunk is empty
/// x-amz-checksum-crc32c:sOO8/Q==\r\n  trailers, in the forms that have them
/// x-amz-trailer-signature:d81f…\r\n   in the signed ones
/// \r\n
/// ```
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html,
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
struct ChunkedBody: Sendable {
    /// What `x-amz-content-sha256` says of a body in chunks.
    struct Form: Sendable {
        let isSigned: Bool
        let hasTrailers: Bool

        /// nil for other words, and for the words of the other algorithm.
        init?(payloadHash: String, algorithm: SigningAlgorithm) {
            switch payloadHash {
            case "STREAMING-\(algorithm.rawValue)-PAYLOAD": (isSigned, hasTrailers) = (true, false)
            case "STREAMING-\(algorithm.rawValue)-PAYLOAD-TRAILER": (isSigned, hasTrailers) = (true, true)
            case "STREAMING-UNSIGNED-PAYLOAD-TRAILER": (isSigned, hasTrailers) = (false, true)
            default: return nil
            }
        }
    }

    private enum Place: Sendable {
        /// In the line that begins a chunk.
        case chunkLine
        /// In a chunk's bytes, so many of which are to come.
        case content(left: Int)
        /// Behind a chunk's bytes.
        case chunkEnd
        /// In the lines behind the last chunk.
        case trailers
        case end
    }

    /// The longest line that a chunk begins with, in bytes: a length, and a signature of version 4A with its padding.
    static let longestChunkLine = 512
    /// All trailers together, in bytes.
    static let longestTrailers = 16_384
    /// All signed chunks but the last have to be so long, in bytes.
    static let shortestChunk = 8_192

    let form: Form
    /// What all chunks hold together, in bytes.
    let length: Int
    /// nil where nothing is signed.
    private var signer: ChunkSigner?
    /// The names of the trailers that are to come.
    let announced: [String]
    private var trailers: [(name: String, value: String)] = []
    private var trailerBytes = 0
    private var trailerSignature: [UInt8]?
    private var place = Place.chunkLine
    /// What has come of the line that is being read.
    private var line: [UInt8] = []
    /// Of the chunk that is being read.
    private var hash = SHA256()
    private var signature: [UInt8] = []
    private var left: Int
    /// Whether a chunk has come that only the last may be like.
    private var sawShortChunk = false

    init(_ form: Form, signer: ChunkSigner?, announced: [String], length: Int) {
        self.form = form
        self.signer = signer
        self.announced = announced
        self.length = length
        left = length
    }

    mutating func take(_ bytes: ArraySlice<UInt8>, into content: inout [UInt8]) throws(SignatureError) {
        var rest = bytes
        while !rest.isEmpty {
            switch place {
            case .content(let missing):
                let part = rest.prefix(missing)
                if form.isSigned { hash.update(data: part) }
                content += part
                rest = rest.dropFirst(part.count)
                place = part.count == missing ? .chunkEnd : .content(left: missing - part.count)
            case .chunkLine:
                guard let line = try line(from: &rest, limit: Self.longestChunkLine) else { return }
                try begin(line)
            case .chunkEnd:
                guard let line = try line(from: &rest, limit: 0) else { return }
                guard line.isEmpty else { throw .malformedChunk }
                try endChunk()
                place = .chunkLine
            case .trailers:
                guard let line = try line(from: &rest, limit: Self.longestTrailers - trailerBytes) else { return }
                trailerBytes += line.count
                if line.isEmpty { place = .end } else { try trailer(line) }
            case .end: throw .malformedChunk
            }
        }
    }

    /// - Throws: when the end came too early.
    func finish() throws(SignatureError) -> [(name: String, value: String)] {
        guard case .end = place, left == 0 else { throw .incompleteBody }
        guard trailers.map(\.name).sorted() == announced.sorted() else { throw .malformedTrailer }
        guard form.isSigned, form.hasTrailers else { return trailers }
        var hash = SHA256()
        for trailer in trailers { hash.update(data: Array("\(trailer.name):\(trailer.value)\n".utf8)) }
        var signer = signer
        guard let trailerSignature, signer?.isNext(trailerSignature, over: hash.finalize(), isTrailer: true) == true
        else {
            throw .mismatch
        }
        return trailers
    }

    /// The next line without its end; nil when it is not whole yet.
    private mutating func line(
        from rest: inout ArraySlice<UInt8>, limit: Int
    ) throws(SignatureError) -> [UInt8]? {
        let end = rest.firstIndex(of: UInt8(ascii: "\n"))
        line += rest[..<(end ?? rest.endIndex)]
        guard line.count <= limit + 1 else { throw .malformedChunk }
        guard let end else {
            rest = []
            return nil
        }
        rest = rest[(end + 1)...]
        guard line.popLast() == UInt8(ascii: "\r") else { throw .malformedChunk }
        defer { line = [] }
        return line
    }

    /// Begins the chunk of a line, which may be the last and empty one.
    private mutating func begin(_ line: [UInt8]) throws(SignatureError) {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard let count = Self.length(digits) else { throw .malformedChunk }
        let attribute = line.dropFirst(digits.count)
        if form.isSigned {
            let name = Array(";chunk-signature=".utf8)
            guard attribute.starts(with: name) else { throw .malformedChunk }
            // Signatures of version 4A differ in length; clients fill them up.
            signature = attribute.dropFirst(name.count).filter { $0 != UInt8(ascii: "*") }
        } else if !attribute.isEmpty {
            throw .malformedChunk
        }
        guard count <= left else { throw .incompleteBody }
        if form.isSigned, count > 0 {
            guard !sawShortChunk else { throw .chunkTooShort }
            sawShortChunk = count < Self.shortestChunk
        }
        left -= count
        hash = SHA256()
        if count > 0 {
            place = .content(left: count)
        } else {
            try endChunk()
            place = .trailers
        }
    }

    private mutating func endChunk() throws(SignatureError) {
        guard form.isSigned else { return }
        guard signer?.isNext(signature, over: hash.finalize(), isTrailer: false) == true else { throw .mismatch }
    }

    private mutating func trailer(_ line: [UInt8]) throws(SignatureError) {
        guard form.hasTrailers, trailerSignature == nil, let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw .malformedTrailer
        }
        let name = ASCII.text(line[..<colon].map(ASCII.lowercased))
        let value = ASCII.trimmed(line[(colon + 1)...])
        if form.isSigned, name == "x-amz-trailer-signature" {
            trailerSignature = value.filter { $0 != UInt8(ascii: "*") }
        } else {
            guard announced.contains(name), !trailers.contains(where: { $0.name == name }) else {
                throw .malformedTrailer
            }
            trailers.append((name: name, value: ASCII.text(value)))
        }
    }

    /// The number that hexadecimal digits spell; nil where they spell none, or more than any body is long.
    private static func length(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 15 else { return nil }
        var number = 0
        for digit in digits {
            guard let value = ASCII.hexValue(digit) else { return nil }
            number = number << 4 | Int(value)
        }
        return number
    }
}
