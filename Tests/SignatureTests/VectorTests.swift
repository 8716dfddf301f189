import Foundation
import Testing

@testable import Signature

/// AWS's published signing test suite (awslabs/aws-c-auth, tests/aws-signing-test-suite/v4), as facts: what is asked,
/// and the signature that belongs to it. Each was computed a second time with botocore when it was written down.
/// Of `get-header-value-multiline` the folded line stands as the three values that it means.
struct Vector: Decodable, CustomTestStringConvertible {
    var name: String
    var form: String
    var normalizesPath: Bool
    var method: String
    var path: String
    var query: String
    var headers: [[String]]
    var body: String
    var signedHeaders: [String]
    var canonicalRequest: String
    var stringToSign: String
    var signature: String

    static let secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    /// 20150830T123600Z
    static let timestamp = 1_440_938_160
    static let scope = SigningScope(date: "20150830", region: "us-east-1", service: "service")
    static let all: [Vector] = {
        guard let url = Bundle.module.url(forResource: "vectors", withExtension: "json", subdirectory: "Vectors"),
            let data = try? Data(contentsOf: url), let vectors = try? JSONDecoder().decode([Vector].self, from: data)
        else { return [] }
        return vectors
    }()

    var testDescription: String { "\(name) \(form)" }

    var rules: SigningRules {
        SigningRules(
            normalizesPath: normalizesPath, acceptsUnsignedPayload: false, requiresContentHash: false,
            honoursExpires: false, requiresSignedToken: false)
    }

    /// The request, not signed yet. A presigned one has all of its parameters but the signature.
    var request: SignableRequest {
        SignableRequest(
            method: method, path: path, query: query, headers: headers.map { (name: $0[0], value: $0[1]) },
            body: Array(body.utf8))
    }

    /// The request with AWS's own signature.
    var signedRequest: SignableRequest {
        var request = request
        if form == "presigned" {
            request.query += "&X-Amz-Signature=\(signature)"
        } else {
            request.headers.append(
                (
                    name: "Authorization",
                    value: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                        + "SignedHeaders=\(signedHeaders.joined(separator: ";")), Signature=\(signature)"
                ))
        }
        return request
    }
}

struct VectorTests {
    @Test func allVectorsAreThere() {
        #expect(Vector.all.count == 65)
        #expect(Set(Vector.all.map(\.name)).count == 35)
    }

    @Test(arguments: Vector.all)
    func canonicalRequestAndStringToSign(_ vector: Vector) throws {
        let canonical = try #require(
            CanonicalRequest(
                of: vector.signedRequest, signedHeaders: SignedHeaders(canonical: vector.signedHeaders.map(\.utf8)),
                payloadHash: PayloadHash.hex(of: Array(vector.body.utf8)), rules: vector.rules))
        #expect(String(decoding: canonical.bytes, as: UTF8.self) == vector.canonicalRequest)
        let stringToSign = canonical.stringToSign(timestamp: Array("20150830T123600Z".utf8), scope: Vector.scope)
        #expect(String(decoding: stringToSign, as: UTF8.self) == vector.stringToSign)
    }

    @Test(arguments: Vector.all)
    func verifies(_ vector: Vector) throws {
        let claims = try #require(try SignatureClaims.find(in: vector.signedRequest))
        #expect(claims.form == (vector.form == "header" ? .header : .presigned))
        #expect(claims.accessKeyID == "AKIDEXAMPLE")
        #expect(claims.timestamp == Vector.timestamp)
        #expect(claims.signedHeaders == vector.signedHeaders)
        // Twice: with a key that was derived for it, and with the one that was kept.
        let verifier = SignatureVerifier()
        for _ in 0..<2 {
            try verifier.verify(
                claims, of: vector.signedRequest, secretAccessKey: Vector.secretAccessKey,
                now: Double(Vector.timestamp), expectedService: "service", expectedRegion: "us-east-1",
                rules: vector.rules)
        }
    }

    @Test(arguments: Vector.all.filter { $0.form == "header" && $0.name != "post-sts-header-after" })
    func signs(_ vector: Vector) throws {
        let token = vector.request.firstValue(ofHeader: "x-amz-security-token")
        let signer = SignatureSigner(
            credentials: SigningCredentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: Vector.secretAccessKey, sessionToken: token),
            region: "us-east-1", service: "service", rules: vector.rules)
        var request = vector.request
        request.headers.removeAll { ["x-amz-date", "x-amz-security-token"].contains($0.name.lowercased()) }
        let added = signer.sign(request, timestamp: Double(Vector.timestamp))
        let authorization = try #require(added.first { $0.name == "Authorization" }).value
        #expect(authorization.hasSuffix("Signature=\(vector.signature)"))
    }
}
