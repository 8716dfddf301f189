import Testing

@testable import Signature

/// The worked examples of S3's own documentation, which has rules of its own.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
struct S3ExampleTests {
    static let now = 1_369_353_600.0  // 20130524T000000Z
    static let host = "examplebucket.s3.amazonaws.com"
    static let signer = SignatureSigner(
        credentials: SigningCredentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        region: "us-east-1", service: "s3")

    struct Example: Sendable {
        var method = "GET"
        var path = "/"
        var query = ""
        var headers: [(name: String, value: String)] = []
        var body = ""
        var signature: String

        var request: SignableRequest {
            SignableRequest(
                method: method, path: path, query: query, headers: [(name: "Host", value: host)] + headers,
                body: Array(body.utf8))
        }
    }

    static let examples = [
        Example(
            path: "/test.txt", headers: [(name: "Range", value: "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        Example(
            method: "PUT", path: "/test$file.text",
            headers: [
                (name: "Date", value: "Fri, 24 May 2013 00:00:00 GMT"),
                (name: "x-amz-storage-class", value: "REDUCED_REDUNDANCY"),
            ], body: "Welcome to Amazon S3.",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        Example(
            query: "lifecycle", signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        Example(
            query: "max-keys=2&prefix=J", signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test(arguments: examples)
    func signsAndVerifies(_ example: Example) throws {
        var request = example.request
        request.headers += Self.signer.sign(request, timestamp: Self.now)
        #expect(request.firstValue(ofHeader: "authorization")?.hasSuffix("Signature=\(example.signature)") == true)
        try verify(request, now: Self.now)
    }

    @Test func presigns() throws {
        var request = Example(path: "/test.txt", signature: "").request
        request.query = Self.signer.presign(request, timestamp: Self.now, expires: 86_400)
        #expect(request.query.hasSuffix("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
        try verify(request, now: Self.now)
        // For as long as it says, and no longer.
        try verify(request, now: Self.now + 86_400)
        #expect(throws: SignatureError.presignedExpired) { try verify(request, now: Self.now + 86_401) }
    }

    @Test(arguments: ["0", "604801", "-1", "1e3", "99999999999999999999"])
    func presignedForTooLong(_ expires: String) throws {
        var request = Example(path: "/test.txt", signature: "").request
        request.query = Self.signer.presign(request, timestamp: Self.now, expires: 60)
            .replacing("X-Amz-Expires=60", with: "X-Amz-Expires=\(expires)")
        #expect(throws: SignatureError.expiresOutOfRange) { try verify(request, now: Self.now) }
    }

    @Test func presignedWithoutExpiry() throws {
        var request = Example(path: "/test.txt", signature: "").request
        request.query = Self.signer.presign(request, timestamp: Self.now, expires: 60)
            .replacing("&X-Amz-Expires=60", with: "")
        #expect(throws: SignatureError.incompleteQuery(missing: ["X-Amz-Expires"])) {
            try verify(request, now: Self.now)
        }
    }

    @Test func unsignedPayload() throws {
        var request = Example(method: "PUT", path: "/key", body: "one", signature: "").request
        request.headers.append((name: "x-amz-content-sha256", value: "UNSIGNED-PAYLOAD"))
        request.headers += Self.signer.sign(request, timestamp: Self.now)
        request.body = Array("another".utf8)
        try verify(request, now: Self.now)
    }

    @Test func payloadOfAnotherHash() throws {
        var request = Example(method: "PUT", path: "/key", body: "one", signature: "").request
        request.headers += Self.signer.sign(request, timestamp: Self.now)
        request.body = Array("another".utf8)
        #expect(throws: SignatureError.contentHashMismatch) { try verify(request, now: Self.now) }
    }

    @Test(arguments: ["", "abc", "unsigned-payload", String(repeating: "G", count: 64)])
    func nonsenseForAPayloadHash(_ hash: String) throws {
        var request = Example(method: "PUT", path: "/key", body: "one", signature: "").request
        request.headers.append((name: "x-amz-content-sha256", value: hash))
        request.headers += Self.signer.sign(request, timestamp: Self.now)
        #expect(throws: SignatureError.unsupportedContentHash) { try verify(request, now: Self.now) }
    }

    @Test func payloadHashIsRequired() throws {
        var request = Example(path: "/key", signature: "").request
        var rules = SigningRules.s3
        rules.requiresContentHash = false
        var signer = Self.signer
        signer.rules = rules
        request.headers += signer.sign(request, timestamp: Self.now)
        #expect(throws: SignatureError.contentHashMissing) { try verify(request, now: Self.now) }
    }

    /// A key may hold dots, slashes and what would be a query elsewhere, and clients escape more or less of it.
    @Test(arguments: [("/a/../b//c/.", "/a/../b//c/."), ("/%C3%A9%20x", "/é x"), ("/a(1)%2B+", "/a%281%29%2B%2B")])
    func pathsAreKeptAndEncodedOnce(_ sent: String, _ equivalent: String) throws {
        var request = Example(path: sent, signature: "").request
        request.headers += Self.signer.sign(request, timestamp: Self.now)
        request.path = equivalent
        try verify(request, now: Self.now)
    }

    @Test func tokenMustBeSigned() throws {
        var request = Example(path: "/key", signature: "").request
        request.headers += Self.signer.sign(request, timestamp: Self.now)
        request.headers.append((name: "X-Amz-Security-Token", value: "token"))
        #expect(throws: SignatureError.headersNotSigned(["x-amz-security-token"])) {
            try verify(request, now: Self.now)
        }
    }

    private func verify(_ request: SignableRequest, now: Double) throws {
        let claims = try #require(try SignatureClaims.find(in: request))
        try SignatureVerifier().verify(
            claims, of: request, secretAccessKey: Self.signer.credentials.secretAccessKey, now: now,
            expectedService: "s3")
    }
}
