import Testing

@testable import Signature

/// AWS's own example: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
@Suite struct FormSignatureTests {
    private static let policy = """
        eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tl\
        dCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAg\
        ICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhh\
        bXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwg\
        IiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAg\
        ICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXot\
        bWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkv\
        dXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwN\
        CiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9
        """
    private static let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    private static let signature = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"

    private func form(
        _ credential: String = "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
        date: String = "20151229T000000Z", signature: String = signature, policy: String = policy
    ) -> FormSignature? {
        FormSignature(credential: credential, date: date, signature: signature, sessionToken: nil, policy: policy)
    }

    @Test func thatOfAWS() throws {
        let signed = try #require(form())
        #expect(signed.accessKeyID == "AKIAIOSFODNN7EXAMPLE" && signed.region == "us-east-1" && signed.service == "s3")
        try SignatureVerifier().verify(signed, secretAccessKey: Self.secret)
        #expect(throws: SignatureError.mismatch) {
            try SignatureVerifier().verify(signed, secretAccessKey: Self.secret + "x")
        }
    }

    @Test func ofAnotherPolicyScopeOrDay() throws {
        for forged in [
            form(policy: Self.policy + "="), form("AKIAIOSFODNN7EXAMPLE/20151229/us-east-2/s3/aws4_request"),
            form("AKIAIOSFODNN7EXAMPLE/20151230/us-east-1/s3/aws4_request", date: "20151230T000000Z"),
        ] {
            let forged = try #require(forged)
            #expect(throws: SignatureError.mismatch) {
                try SignatureVerifier().verify(forged, secretAccessKey: Self.secret)
            }
        }
    }

    @Test(arguments: [
        "", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws3_request",
        "AKIAIOSFODNN7EXAMPLE/20151230/us-east-1/s3/aws4_request", "/20151229/us-east-1/s3/aws4_request",
        "AKIAIOSFODNN7EXAMPLE/2015/us-east-1/s3/aws4_request",
    ])
    func credentialsThatAreNone(_ credential: String) {
        #expect(form(credential) == nil)
    }

    @Test func signaturesThatAreNone() {
        #expect(form(signature: "") == nil)
        #expect(form(signature: Self.signature.uppercased()) == nil)
        #expect(form(signature: Self.signature + "00") == nil)
        #expect(form(date: "2015-12-29") == nil)
    }
}
