import Testing

@testable import Signature

/// Whatever is signed cannot be changed, not by a single bit.
struct TamperingTests {
    static let verifier = SignatureVerifier()

    static let headerSigned: SignableRequest = {
        var request = SignableRequest(
            method: "POST", path: "/v1/policies/a-b/c", query: "max=10&marker=x%20y",
            headers: [
                (name: "Host", value: "iam.localhost:4566"), (name: "X-Amz-Target", value: "Service.Operation"),
                (name: "Content-Type", value: "application/x-amz-json-1.1"),
            ], body: Array(#"{"UserName":"bob"}"#.utf8))
        var signer = VerifierTests.signer
        signer.credentials.sessionToken = "token"
        request.headers += signer.sign(request, timestamp: VerifierTests.now)
        return request
    }()

    static let presigned: SignableRequest = {
        var request = SignableRequest(
            method: "GET", path: "/", query: "Action=GetCallerIdentity&Version=2011-06-15",
            headers: [(name: "Host", value: "sts.localhost:4566")])
        request.query = VerifierTests.signer.presign(request, timestamp: VerifierTests.now, expires: 60)
        return request
    }()

    @Test func theOriginalsAreGood() throws {
        try VerifierTests.verify(Self.headerSigned, with: Self.verifier)
        try VerifierTests.verify(Self.presigned, with: Self.verifier)
    }

    @Test(arguments: [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40] as [UInt8])
    func everyBitOfTheHeaderForm(_ mask: UInt8) {
        let original = Self.headerSigned
        expectRefused(flips(of: original.method, mask)) { $0.method = $1 }
        expectRefused(flips(of: original.path, mask)) { $0.path = $1 }
        expectRefused(flips(of: original.query, mask)) { $0.query = $1 }
        for index in (original.body ?? []).indices {
            expectRefused([index]) { $0.body?[$1] ^= mask }
        }
        for (index, header) in original.headers.enumerated() {
            // The case of a header's name has no meaning; nor has that of the list of them.
            if mask != 0x20 {
                expectRefused(flips(of: header.name, mask)) { $0.headers[index].name = $1 }
            }
            if mask != 0x20 || header.name != "Authorization" {
                expectRefused(flips(of: header.value, mask)) { $0.headers[index].value = $1 }
            }
        }
    }

    @Test(arguments: [0x01, 0x02, 0x04, 0x08, 0x10, 0x40] as [UInt8])
    func everyBitOfThePresignedForm(_ mask: UInt8) {
        expectRefused(flips(of: Self.presigned.query, mask), of: Self.presigned) { $0.query = $1 }
    }

    @Test func theSignatureIsLowerCase() {
        var request = Self.headerSigned
        let last = request.headers.count - 1
        let parts = request.headers[last].value.split(separator: "Signature=")
        request.headers[last].value = "\(parts[0])Signature=\(parts[1].uppercased())"
        #expect(throws: SignatureError.mismatch) { try VerifierTests.verify(request, with: Self.verifier) }
    }

    /// All the texts that differ from `text` in one byte, by `mask`.
    private func flips(of text: String, _ mask: UInt8) -> [String] {
        text.utf8.indices.map { index in
            let position = text.utf8.distance(from: text.utf8.startIndex, to: index)
            var bytes = Array(text.utf8)
            bytes[position] ^= mask
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func expectRefused<Change>(
        _ changes: [Change], of original: SignableRequest = headerSigned,
        apply: (inout SignableRequest, Change) -> Void
    ) {
        for change in changes {
            var request = original
            apply(&request, change)
            #expect(!isAccepted(request), "\(change)")
        }
    }

    private func isAccepted(_ request: SignableRequest) -> Bool {
        do {
            guard let claims = try SignatureClaims.find(in: request) else { return false }
            try Self.verifier.verify(
                claims, of: request, secretAccessKey: VerifierTests.credentials.secretAccessKey,
                now: VerifierTests.now)
            // Who signs is the verifier's caller's to look up: another key id has another secret.
            return claims.accessKeyID == VerifierTests.credentials.accessKeyID
                && claims.sessionToken == (claims.form == .header ? "token" : nil)
        } catch {
            return false
        }
    }
}
