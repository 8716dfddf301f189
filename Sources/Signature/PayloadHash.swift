import Crypto

/// What the last line of a canonical request says of the body, and what is left to prove of it.
struct PayloadHash {
    /// The literal that takes the hash's place where the body is not signed.
    static let unsigned = "UNSIGNED-PAYLOAD"

    /// The line, as it is signed.
    let line: [UInt8]
    private let rest: Rest

    private enum Rest {
        /// The body is at hand and has the hash that is signed; or it may be any.
        case nothing
        /// The body is yet to come, and must have this hash.
        case hash([UInt8])
        case chunks(ChunkedBody.Form, trailers: [String], length: Int)
    }

    /// Works out the line for a request, and checks `x-amz-content-sha256` where that counts.
    init(of request: SignableRequest, claims: SignatureClaims, rules: SigningRules) throws(SignatureError) {
        guard rules.acceptsUnsignedPayload || request.body == nil else {
            self.init(hashing: request.body ?? [])
            return
        }
        guard let claimed = request.firstValue(ofHeader: "x-amz-content-sha256") else {
            if rules.acceptsUnsignedPayload, claims.form == .presigned {
                self.init(line: Array(Self.unsigned.utf8), rest: .nothing)
                return
            }
            guard !rules.requiresContentHash, let body = request.body else { throw .contentHashMissing }
            self.init(hashing: body)
            return
        }
        if rules.acceptsUnsignedPayload {
            if claimed == Self.unsigned {
                self.init(line: Array(claimed.utf8), rest: .nothing)
                return
            }
            if let form = ChunkedBody.Form(payloadHash: claimed, algorithm: claims.algorithm) {
                let (trailers, length) = try Self.chunking(of: request, form)
                self.init(line: Array(claimed.utf8), rest: .chunks(form, trailers: trailers, length: length))
                return
            }
        }
        guard claimed.utf8.count == 64, let hash = ASCII.bytes(fromLowercaseHex: claimed.utf8) else {
            throw .unsupportedContentHash
        }
        guard let body = request.body else {
            self.init(line: Array(claimed.utf8), rest: .hash(hash))
            return
        }
        self.init(hashing: body)
        guard line.elementsEqual(claimed.utf8) else { throw .contentHashMismatch }
    }

    private init(line: [UInt8], rest: Rest) {
        self.line = line
        self.rest = rest
    }

    private init(hashing body: [UInt8]) {
        self.init(line: Self.hex(of: body), rest: .nothing)
    }

    /// What a request says of its chunks: the trailers that follow them, and the length of what is in them.
    static func chunking(
        of request: SignableRequest, _ form: ChunkedBody.Form
    ) throws(SignatureError) -> (trailers: [String], length: Int) {
        guard let length = request.firstValue(ofHeader: "x-amz-decoded-content-length").flatMap({ Int($0) }),
            length >= 0
        else { throw .decodedLengthMissing }
        var trailers: [String] = []
        if form.hasTrailers {
            let lists = request.headers.lazy.filter { ASCII.isSame($0.name, lowercased: "x-amz-trailer") }
            for list in lists {
                for name in ASCII.split(Array(list.value.utf8)[...], at: ",") {
                    trailers.append(ASCII.text(ASCII.trimmed(name).map(ASCII.lowercased)))
                }
            }
        }
        return (trailers, length)
    }

    /// What proves the rest of the body.
    func proof(_ signer: ChunkSigner) -> BodyProof {
        switch rest {
        case .nothing: BodyProof(.nothing)
        case .hash(let hash): BodyProof(.hash(SHA256(), expected: hash))
        case .chunks(let form, let trailers, let length):
            BodyProof(.chunks(ChunkedBody(form, signer: signer, announced: trailers, length: length)))
        }
    }

    /// The SHA-256 of a body, in lower-case hexadecimal.
    static func hex(of body: [UInt8]) -> [UInt8] {
        if body.isEmpty { return emptyHex }
        var output: [UInt8] = []
        output.reserveCapacity(64)
        ASCII.appendHex(SHA256.hash(data: body), to: &output)
        return output
    }

    static let emptyHex = Array("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".utf8)
}
