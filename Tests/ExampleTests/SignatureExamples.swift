import Signature
import Testing

/// What the documentation of `Signature` shows.
struct SignatureExamples {
    let now = 1_767_225_600.0
    let verifier = SignatureVerifier()

    private func secret(of accessKeyID: String) throws(SignatureError) -> String {
        guard accessKeyID == "AKIAIOSFODNN7EXAMPLE" else { throw .invalidClientTokenID }
        return "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    }

    private func signedRequest(_ body: String = "Action=ListUsers&Version=2010-05-08") throws -> SignableRequest {
        let secret = try secret(of: "AKIAIOSFODNN7EXAMPLE")
        var request = SignableRequest(
            method: "POST", path: "/", query: "", headers: [(name: "host", value: "iam.amazonaws.com")],
            body: Array(body.utf8))
        let signer = SignatureSigner(
            credentials: SigningCredentials(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secret),
            region: "us-east-1", service: "iam")
        request.headers += signer.sign(request, timestamp: now)
        return request
    }

    private func accessKey(verifiedIn request: SignableRequest) throws -> String? {
        guard let claims = try SignatureClaims.find(in: request) else { return nil }  // anonymous
        let secret = try secret(of: claims.accessKeyID)
        try verifier.verify(claims, of: request, secretAccessKey: secret, now: now, expectedService: "iam")
        return claims.accessKeyID
    }

    @Test func keptKeys() throws {
        let credentials = SigningCredentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: try secret(of: "AKIAIOSFODNN7EXAMPLE"))
        let keys = SigningKeyCache(capacity: 256)
        let signer = SignatureSigner(credentials: credentials, region: "us-east-1", service: "iam", keys: keys)
        for time in [now, now + 1] {
            var request = SignableRequest(
                method: "POST", path: "/", query: "", headers: [(name: "host", value: "iam.amazonaws.com")], body: [])
            request.headers += signer.sign(request, timestamp: time)
            #expect(try accessKey(verifiedIn: request) == "AKIAIOSFODNN7EXAMPLE")
        }
    }

    @Test func claims() throws {
        #expect(try accessKey(verifiedIn: signedRequest()) == "AKIAIOSFODNN7EXAMPLE")
        let anonymous = SignableRequest(method: "GET", path: "/", query: "", headers: [], body: [])
        #expect(try accessKey(verifiedIn: anonymous) == nil)
    }

    @Test func verifying() throws {
        let request = try signedRequest()
        let verifier = SignatureVerifier()
        if let claims = try SignatureClaims.find(in: request) {
            let secret = try secret(of: claims.accessKeyID)
            try verifier.verify(
                claims, of: request, secretAccessKey: secret, now: now, expectedService: "iam",
                expectedRegion: "us-east-1")
        }
        let claims = try #require(try SignatureClaims.find(in: request))
        #expect(throws: SignatureError.mismatch) {
            try verifier.verify(claims, of: request, secretAccessKey: "another", now: now, expectedService: "iam")
        }
    }

    /// AWS's own example of a body in signed chunks, cut at every place.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    @Test func bodies() throws {
        let now = 1_369_353_600.0
        let secret = try secret(of: "AKIAIOSFODNN7EXAMPLE")
        let head = SignableRequest(
            method: "PUT", path: "/examplebucket/chunkObject.txt", query: "",
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
        let chunks =
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
            + String(repeating: "a", count: 65_536)
            + "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
            + String(repeating: "a", count: 1_024)
            + "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
        let bytes = Array(chunks.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: 1_000).map {
            Array(bytes[$0..<min($0 + 1_000, bytes.count)])
        }
        let claims = try #require(try SignatureClaims.find(in: head))

        var proof = try verifier.verify(claims, of: head, secretAccessKey: secret, now: now)
        var content: [UInt8] = []
        for piece in pieces {
            try proof.take(piece, into: &content)
        }
        let trailers = try proof.finish()
        #expect(content == [UInt8](repeating: UInt8(ascii: "a"), count: 66_560))
        #expect(trailers.isEmpty)
    }

    @Test func presignedURLs() throws {
        let secret = try secret(of: "AKIAIOSFODNN7EXAMPLE")
        var request = SignableRequest(
            method: "GET", path: "/key", query: "", headers: [(name: "host", value: "bucket.s3.amazonaws.com")],
            body: nil)
        let signer = SignatureSigner(
            credentials: SigningCredentials(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secret),
            region: "us-east-1", service: "s3")
        request.query = signer.presign(request, timestamp: now, expires: 3_600)
        let claims = try #require(try SignatureClaims.find(in: request))
        #expect(claims.form == .presigned)
        try verifier.verify(claims, of: request, secretAccessKey: secret, now: now + 3_000, expectedService: "s3")
        #expect(throws: SignatureError.presignedExpired) {
            try verifier.verify(claims, of: request, secretAccessKey: secret, now: now + 4_000, expectedService: "s3")
        }
    }
}
