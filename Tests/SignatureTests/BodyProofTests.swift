import Crypto
import Testing

@testable import Signature

/// Bodies that are proved as they come: AWS's worked examples, and random ones, whole and spoilt.
struct BodyProofTests {
    static let now = S3ExampleTests.now
    static let signer = S3ExampleTests.signer

    /// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html: 65 KiB in chunks of 64.
    @Test func theExampleOfSignedChunks() throws {
        let request = SignableRequest(
            method: "PUT", path: "/examplebucket/chunkObject.txt",
            headers: [
                (name: "Host", value: "s3.amazonaws.com"), (name: "x-amz-date", value: "20130524T000000Z"),
                (name: "x-amz-storage-class", value: "REDUCED_REDUNDANCY"),
                (
                    name: "Authorization",
                    value: "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                        + "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                        + "x-amz-decoded-content-length;x-amz-storage-class,"
                        + "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
                ), (name: "x-amz-content-sha256", value: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
                (name: "Content-Encoding", value: "aws-chunked"),
                (name: "x-amz-decoded-content-length", value: "66560"), (name: "Content-Length", value: "66824"),
            ], body: nil)
        let body =
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
            + String(repeating: "a", count: 65_536)
            + "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
            + String(repeating: "a", count: 1_024)
            + "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
        #expect(body.utf8.count == 66_824)
        var proof = try Self.proof(of: request)
        #expect(proof.contentLength == 66_560)
        var content: [UInt8] = []
        try proof.take(Array(body.utf8), into: &content)
        #expect(try proof.finish().isEmpty)
        #expect(content == [UInt8](repeating: UInt8(ascii: "a"), count: 66_560))
    }

    /// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
    @Test func theExampleOfSignedTrailers() throws {
        let request = SignableRequest(
            method: "PUT", path: "/examplebucket/chunkObject.txt",
            headers: [
                (name: "Host", value: "s3.amazonaws.com"), (name: "x-amz-date", value: "20130524T000000Z"),
                (name: "x-amz-storage-class", value: "REDUCED_REDUNDANCY"),
                (
                    name: "Authorization",
                    value: "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                        + "SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;"
                        + "x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,"
                        + "Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
                ), (name: "x-amz-content-sha256", value: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
                (name: "Content-Encoding", value: "aws-chunked"),
                (name: "x-amz-trailer", value: "x-amz-checksum-crc32c"),
                (name: "x-amz-decoded-content-length", value: "66560"),
            ], body: nil)
        let body =
            "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n"
            + String(repeating: "a", count: 65_536)
            + "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n"
            + String(repeating: "a", count: 1_024)
            + "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
            + "x-amz-checksum-crc32c:sOO8/Q==\r\n"
            + "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
        var proof = try Self.proof(of: request)
        var content: [UInt8] = []
        try proof.take(Array(body.utf8), into: &content)
        let trailers = try proof.finish()
        #expect(trailers.map(\.name) == ["x-amz-checksum-crc32c"])
        #expect(trailers.map(\.value) == ["sOO8/Q=="])
        #expect(content.count == 66_560)
    }

    /// A request in chunks, as a client makes it, with either algorithm.
    struct Upload {
        var request: SignableRequest
        var body: [UInt8]
        var content: [UInt8]
        var proof: BodyProof

        /// - Parameter padding: to fill signatures of version 4A up, as AWS's own client does.
        init(
            _ pieces: [[UInt8]], algorithm: SigningAlgorithm = .v4, isSigned: Bool = true,
            trailers: [(name: String, value: String)] = [], padding: Bool = false
        ) throws {
            content = pieces.flatMap { $0 }
            let payload = isSigned ? algorithm.rawValue : "UNSIGNED"
            let suffix = trailers.isEmpty && isSigned ? "" : "-TRAILER"
            request = SignableRequest(
                method: "PUT", path: "/key",
                headers: [
                    (name: "Host", value: S3ExampleTests.host),
                    (
                        name: "x-amz-content-sha256",
                        value: isSigned
                            ? "STREAMING-\(payload)-PAYLOAD\(suffix)" : "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
                    ), (name: "x-amz-decoded-content-length", value: "\(content.count)"),
                ], body: nil)
            if !trailers.isEmpty {
                request.headers.append(
                    (name: "x-amz-trailer", value: trailers.map(\.name).joined(separator: ",")))
            }
            var signer = BodyProofTests.signer
            signer.algorithm = algorithm
            request.headers += signer.sign(request, timestamp: BodyProofTests.now)
            let claims = try #require(try SignatureClaims.find(in: request))
            let scope = SigningScope(algorithm: algorithm, date: claims.date, region: claims.region, service: "s3")
            let key = SigningKey(
                accessKeyID: signer.credentials.accessKeyID, secretAccessKey: signer.credentials.secretAccessKey,
                scope: scope)
            var chunks = ChunkSigner(
                key: key, timestamp: Array("20130524T000000Z".utf8), scope: scope, seed: claims.signature)
            func filled(_ signature: [UInt8]) -> String {
                let text = String(decoding: signature, as: UTF8.self)
                return padding ? text + String(repeating: "*", count: max(0, 144 - text.utf8.count)) : text
            }
            body = []
            for piece in pieces + [[]] {
                body += String(piece.count, radix: 16).utf8
                if isSigned {
                    body +=
                        ";chunk-signature=\(filled(chunks.next(over: SHA256.hash(data: piece), isTrailer: false)))".utf8
                }
                body += "\r\n".utf8
                body += piece
                if !piece.isEmpty { body += "\r\n".utf8 }
            }
            for trailer in trailers { body += "\(trailer.name):\(trailer.value)\r\n".utf8 }
            if isSigned, !trailers.isEmpty {
                let text = trailers.map { "\($0.name):\($0.value)\n" }.joined()
                let signature = chunks.next(over: SHA256.hash(data: Array(text.utf8)), isTrailer: true)
                body += "x-amz-trailer-signature:\(filled(signature))\r\n".utf8
            }
            body += "\r\n".utf8
            proof = try BodyProofTests.proof(of: request)
        }

        /// What comes of a body that is cut into pieces at random; nil if it is refused.
        func taken(_ body: [UInt8], using random: inout SplitMix64) -> (content: [UInt8], trailers: [String])? {
            var (proof, content) = (proof, [UInt8]())
            var rest = body[...]
            do {
                while !rest.isEmpty {
                    let part = rest.prefix(Int.random(in: 1...9_000, using: &random))
                    rest = rest.dropFirst(part.count)
                    try proof.take(Array(part), into: &content)
                }
                return (content, try proof.finish().map { "\($0.name):\($0.value)" })
            } catch {
                return nil
            }
        }
    }

    @Test(arguments: 0..<60)
    func randomBodiesCutAtRandom(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 0...4, using: &random)
        var pieces = (0..<count).map { _ in
            (0..<Int.random(in: 8_192...20_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        if Bool.random(using: &random) { pieces.append([1, 2, 3]) }
        let trailers = Bool.random(using: &random) ? [(name: "x-amz-checksum-crc32c", value: "sOO8/Q==")] : []
        let upload = try Upload(
            pieces, algorithm: Bool.random(using: &random) ? .v4 : .v4A, isSigned: Bool.random(using: &random),
            trailers: trailers, padding: Bool.random(using: &random))
        let taken = try #require(upload.taken(upload.body, using: &random))
        #expect(taken.content == upload.content)
        #expect(taken.trailers == trailers.map { "\($0.name):\($0.value)" })
    }

    /// No byte of a signed body can be changed, left out or added.
    @Test(arguments: [SigningAlgorithm.v4, .v4A], 0..<4)
    func noByteCanBeSpoilt(_ algorithm: SigningAlgorithm, _ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let upload = try Upload(
            [[UInt8](repeating: 7, count: 8_192), [1, 2, 3]], algorithm: algorithm,
            trailers: [(name: "x-amz-meta", value: "value")])
        let framing = Set(0..<100).union(8_200..<upload.body.count)
        for index in upload.body.indices
        where framing.contains(index) || index.isMultiple(of: 97) {
            var body = upload.body
            // The case of a trailer's name and of a length's digits has no meaning.
            body[index] ^= UInt8.random(in: 1...0x1F, using: &random)
            #expect(upload.taken(body, using: &random).map { $0.content != upload.content } ?? true, "\(index)")
            if let taken = upload.taken(body, using: &random) {
                #expect(taken.content == upload.content && taken.trailers == ["x-amz-meta:value"], "\(index)")
            }
            body = upload.body
            body.remove(at: index)
            #expect(upload.taken(body, using: &random) == nil, "without \(index)")
            body = upload.body
            body.insert(UInt8.random(in: 0...255, using: &random), at: index)
            if let taken = upload.taken(body, using: &random) {
                // White space around a trailer's value.
                #expect(taken.content == upload.content && taken.trailers == ["x-amz-meta:value"], "added at \(index)")
            }
            #expect(upload.taken(Array(upload.body[..<index]), using: &random) == nil, "up to \(index)")
        }
    }

    @Test func theHashSignedWithTheHead() throws {
        let content = Array("Welcome to Amazon S3.".utf8)
        var request = SignableRequest(
            method: "PUT", path: "/key", headers: [(name: "Host", value: S3ExampleTests.host)], body: content)
        request.headers += Self.signer.sign(request, timestamp: Self.now)
        request.body = nil
        for (sent, isRight) in [
            (content, true), (content + [0], false), (Array(content.dropLast()), false), ([], false),
        ] {
            var proof = try Self.proof(of: request)
            var taken: [UInt8] = []
            for byte in sent { try proof.take([byte], into: &taken) }
            #expect(taken == sent)
            if isRight {
                #expect(try proof.finish().isEmpty)
            } else {
                #expect(throws: SignatureError.contentHashMismatch) { try proof.finish() }
            }
        }
    }

    static func proof(of request: SignableRequest) throws -> BodyProof {
        let claims = try #require(try SignatureClaims.find(in: request))
        return try SignatureVerifier().verify(
            claims, of: request, secretAccessKey: signer.credentials.secretAccessKey, now: now, expectedService: "s3")
    }
}

/// Version 4A, against the key that AWS's own test suite has for these credentials.
struct AsymmetricTests {
    static let signer = SignatureSigner(
        credentials: SigningCredentials(
            accessKeyID: "AKISORANDOMAASORANDOM", secretAccessKey: "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom"),
        algorithm: .v4A, region: "us-east-1", service: "service")

    /// The figures are of the example in AWS's SDKs.
    @Test func derivesTheKeyThatTheSDKsDerive() {
        let key = KeyPairDerivation.key(
            accessKeyID: Self.signer.credentials.accessKeyID, secretAccessKey: Self.signer.credentials.secretAccessKey)
        var hex: [UInt8] = []
        ASCII.appendHex(key.publicKey.rawRepresentation, to: &hex)
        #expect(
            ASCII.text(hex) == "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb"
                + "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0")
    }

    private func request(regions: String) -> SignableRequest {
        var signer = Self.signer
        signer.region = regions
        var request = SignableRequest(
            method: "POST", path: "/", headers: [(name: "Host", value: "localhost")], body: Array("a=b".utf8))
        request.headers += signer.sign(request, timestamp: 1_440_938_160)
        return request
    }

    private func verify(_ request: SignableRequest, region: String? = nil) throws {
        let claims = try #require(try SignatureClaims.find(in: request))
        #expect(claims.algorithm == .v4A)
        try SignatureVerifier().verify(
            claims, of: request, secretAccessKey: Self.signer.credentials.secretAccessKey, now: 1_440_938_160,
            expectedService: "service", expectedRegion: region)
    }

    @Test func signsAndVerifies() throws {
        try verify(request(regions: "us-east-1"))
        var spoilt = request(regions: "us-east-1")
        spoilt.body = Array("a=c".utf8)
        #expect(throws: SignatureError.mismatch) { try verify(spoilt) }
    }

    @Test func presigns() throws {
        var request = SignableRequest(
            method: "GET", path: "/", query: "a=b", headers: [(name: "Host", value: "localhost")])
        request.query = Self.signer.presign(request, timestamp: 1_440_938_160, expires: 60)
        try verify(request, region: "us-east-1")
        request.query = request.query.replacing("a=b", with: "a=c")
        #expect(throws: SignatureError.mismatch) { try verify(request) }
    }

    @Test(arguments: [
        ("us-east-1", "us-east-1"), ("eu-west-1,us-east-1", "us-east-1"), ("*", "us-east-1"), ("us-*", "us-east-1"),
        ("eu-west-1", "eu-west-1"), ("eu-*, ap-south-1", "ap-south-1"), ("eu-*", nil),
    ])
    func regions(_ set: String, _ expected: String?) throws {
        let claims = try #require(try SignatureClaims.find(in: request(regions: set)))
        #expect(claims.region(at: "us-east-1") == expected)
    }

    @Test func theRegionsMustBeSigned() throws {
        var request = request(regions: "us-east-1")
        let index = try #require(request.headers.firstIndex { $0.name == "X-Amz-Region-Set" })
        request.headers[index].value = "*"
        #expect(throws: SignatureError.mismatch) { try verify(request) }
        request.headers.remove(at: index)
        #expect(throws: SignatureError.mismatch) { try verify(request) }
    }

    @Test func signaturesThatAreNone() throws {
        for signature in [
            "", "00", String(repeating: "0", count: 64), "3006020100020100", String(repeating: "f", count: 144),
        ] {
            var request = request(regions: "us-east-1")
            let index = try #require(request.headers.firstIndex { $0.name == "Authorization" })
            let value = request.headers[index].value
            let start = try #require(value.range(of: "Signature="))
            request.headers[index].value = value[..<start.upperBound] + signature
            guard let claims = try? SignatureClaims.find(in: request) else { continue }
            #expect(throws: SignatureError.mismatch) {
                try SignatureVerifier().verify(
                    claims, of: request, secretAccessKey: Self.signer.credentials.secretAccessKey, now: 1_440_938_160)
            }
        }
    }
}
