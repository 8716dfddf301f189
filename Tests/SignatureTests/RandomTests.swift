import Testing

@testable import Signature

/// Random requests: what is signed verifies, and nothing makes the parsers fall over.
struct RandomTests {
    @Test func whatIsSignedVerifies() throws {
        var random = SplitMix64()
        let seed = random.seed
        let verifier = SignatureVerifier()
        for round in 0..<300 {
            let service = ["iam", "s3", "execute-api"].randomElement(using: &random) ?? "iam"
            let signer = SignatureSigner(
                credentials: SigningCredentials(
                    accessKeyID: "AKIA\(round % 7)", secretAccessKey: "secret\(round % 7)",
                    sessionToken: Bool.random(using: &random) ? random.text(upTo: 20, of: "ab/+= ") + "x" : nil),
                region: "eu-central-1", service: service)
            var request = request(using: &random)
            request.headers.append((name: "host", value: "localhost"))
            if Bool.random(using: &random) {
                request.headers += signer.sign(request, timestamp: 1e9)
            } else {
                request.query = signer.presign(request, timestamp: 1e9, expires: 60)
            }
            let claims = try #require(try SignatureClaims.find(in: request), "seed \(seed)")
            #expect(throws: Never.self, "seed \(seed) round \(round)") {
                try verifier.verify(
                    claims, of: request, secretAccessKey: signer.credentials.secretAccessKey, now: 1e9,
                    expectedService: service, expectedRegion: "eu-central-1")
            }
            #expect(throws: SignatureError.mismatch, "seed \(seed) round \(round)") {
                try verifier.verify(claims, of: request, secretAccessKey: "other", now: 1e9)
            }
        }
    }

    /// Runs to its end, whatever comes in; the only outcome that would be wrong is a verified signature.
    @Test func nonsenseIsRefused() {
        var random = SplitMix64()
        let seed = random.seed
        let good = TamperingTests.headerSigned
        let goodQuery = TamperingTests.presigned.query
        let authorization = good.firstValue(ofHeader: "authorization") ?? ""
        for round in 0..<2_000 {
            var request = request(using: &random)
            request.headers.append((name: "host", value: random.text(upTo: 10, of: "a:. \t\r\n")))
            switch round % 4 {
            case 0:
                request.headers.append((name: "Authorization", value: mutated(authorization, using: &random)))
                request.headers.append((name: "x-amz-date", value: "20200101T000000Z"))
            case 1: request.query = mutated(goodQuery, using: &random)
            case 2:
                request.headers.append(
                    (
                        name: "authorization",
                        value: "AWS4-HMAC-SHA256 " + random.text(upTo: 80, of: "Credential=Signature/;, host%é\u{0}")
                    ))
                request.headers.append((name: "x-amz-date", value: random.text(upTo: 17, of: "0123456789TZ")))
            default: request.query += "&X-Amz-Algorithm=AWS4-HMAC-SHA256&" + random.text(upTo: 80, of: "X-Amz&=%2F+é")
            }
            #expect(!isAccepted(request), "seed \(seed) round \(round)")
        }
    }

    @Test func percentEncodingGoesBothWays() {
        var random = SplitMix64()
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var encoded: [UInt8] = []
            PercentEncoding.appendEncoded(bytes, to: &encoded)
            #expect(PercentEncoding.decoded(encoded) == bytes, "seed \(random.seed)")
        }
    }

    @Test(arguments: [
        ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%%41", "%A"), ("%4%41", "%4A"), ("a%41%", "aA%"), ("%4g", "%4g"),
    ])
    func brokenEscapesStandForThemselves(_ text: String, _ expected: String) {
        #expect(String(decoding: PercentEncoding.decoded(text.utf8), as: UTF8.self) == expected)
    }

    @Test func timestampsGoBothWays() {
        var random = SplitMix64()
        for _ in 0..<2_000 {
            let seconds = Int.random(in: -62_167_219_200...253_402_300_799, using: &random)
            #expect(SignatureTimestamp.seconds(SignatureTimestamp.text(seconds)) == seconds, "seed \(random.seed)")
        }
        #expect(SignatureTimestamp.text(951_782_400) == "20000229T000000Z")
        #expect(SignatureTimestamp.text(.max) == "99991231T235959Z")
        #expect(SignatureTimestamp.text(.min) == "00000101T000000Z")
        #expect(SignatureTimestamp.seconds("21000229T000000Z") == nil)
    }

    private func request(using random: inout SplitMix64) -> SignableRequest {
        let text = "abz/.%20+é~-_=&?;: \t\"'"
        return SignableRequest(
            method: ["GET", "POST", "PUT", ""].randomElement(using: &random) ?? "GET",
            path: "/" + random.text(upTo: 30, of: text), query: random.text(upTo: 40, of: text),
            headers: (0..<Int.random(in: 0...6, using: &random)).map { _ in
                (name: "X-" + random.text(upTo: 2, of: "abAB"), value: random.text(upTo: 20, of: text))
            }, body: Array(random.text(upTo: 50, of: text).utf8))
    }

    private func mutated(_ text: String, using random: inout SplitMix64) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            guard let index = bytes.indices.randomElement(using: &random) else { break }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func isAccepted(_ request: SignableRequest) -> Bool {
        guard let claims = try? SignatureClaims.find(in: request) else { return false }
        return
            (try? SignatureVerifier().verify(
                claims, of: request, secretAccessKey: VerifierTests.credentials.secretAccessKey,
                now: VerifierTests.now)) != nil
    }
}
