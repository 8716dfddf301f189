import Testing

@testable import Signature

/// Signatures that are not whole, in AWS's words.
struct ClaimsTests {
    static let scope = "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request"

    private func find(_ authorization: String, date: String? = "20150830T123600Z") -> SignatureError? {
        var request = SignableRequest(method: "GET", path: "/", headers: [(name: "host", value: "localhost")])
        request.headers.append((name: "authorization", value: authorization))
        if let date { request.headers.append((name: "x-amz-date", value: date)) }
        return error(of: request)
    }

    private func find(query: String) -> SignatureError? {
        error(of: SignableRequest(method: "GET", path: "/", query: query))
    }

    private func error(of request: SignableRequest) -> SignatureError? {
        do {
            _ = try SignatureClaims.find(in: request)
            return nil
        } catch {
            return error
        }
    }

    @Test func anotherScheme() {
        let error = find("Bearer secret-token", date: nil)
        #expect(
            error?.message == "Authorization header requires 'Credential' parameter. "
                + "Authorization header requires 'Signature' parameter. "
                + "Authorization header requires 'SignedHeaders' parameter. "
                + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
                + "(Hashed with SHA-256 and encoded with Base64) "
                + "Authorization=hud0v/kLD+X47AD/2eV5xlNwXKFihdCdmSriv7WLwwg=")
        #expect(error?.code(isJSON: false) == "IncompleteSignature")
        #expect(error?.code(isJSON: true) == "IncompleteSignatureException")
        #expect(error?.status(isJSON: false) == 400)
    }

    @Test func missingPart() {
        let error = find("AWS4-HMAC-SHA256 Credential=\(Self.scope), Signature=00")
        guard case .incompleteHeader(["SignedHeaders"], false, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func missingEqualSign() {
        let error = find("AWS4-HMAC-SHA256 \(Self.scope), SignedHeaders=host, Signature=00")
        #expect(error?.message.hasPrefix("Invalid key=value pair (missing equal-sign) in Authorization header") == true)
    }

    @Test func anotherAlgorithm() {
        let error = find("AWS4-HMAC-SHA1 Credential=\(Self.scope), SignedHeaders=host, Signature=00")
        #expect(error == .unsupportedAlgorithm("AWS4-HMAC-SHA1"))
        #expect(
            find(
                query: "X-Amz-Algorithm=AWS4-ECDSA-P384-SHA384&X-Amz-Credential=a&X-Amz-Date=b"
                    + "&X-Amz-SignedHeaders=host&X-Amz-Signature=00") == .unsupportedAlgorithm("AWS4-ECDSA-P384-SHA384")
        )
    }

    /// Key id and secret swapped is how this happens, so the credential is not quoted.
    @Test func credentialOfSixElements() {
        let error = find("AWS4-HMAC-SHA256 Credential=sec/ret/\(Self.scope), SignedHeaders=host, Signature=00")
        #expect(error?.message.hasPrefix("Credential must have exactly 5 slash-delimited elements, ") == true)
        #expect(error?.message.contains("sec/ret") == false)
        #expect(String(describing: error).contains("sec/ret") == false)
    }

    @Test(arguments: ["", "2015-08-30T12:36:00Z", "20150830T123600", "20150230T000000Z", "20150830T240000Z", "today"])
    func dateOfAnotherForm(_ date: String) {
        let error = find("AWS4-HMAC-SHA256 Credential=\(Self.scope), SignedHeaders=host, Signature=00", date: date)
        #expect(error == .malformedDate(date))
        #expect(
            error?.message == "Date must be in ISO-8601 'basic format'. Got '\(date)'. "
                + "See http://en.wikipedia.org/wiki/ISO_8601")
    }

    @Test func dateHeaderWillDo() throws {
        var request = SignableRequest(method: "GET", path: "/", headers: [(name: "Date", value: "20150830T123600Z")])
        request.headers.append(
            (name: "Authorization", value: "AWS4-HMAC-SHA256 Credential=\(Self.scope),SignedHeaders=host,Signature=00"))
        #expect(try SignatureClaims.find(in: request)?.timestamp == 1_440_938_160)
        #expect(try SignatureClaims.find(in: request)?.signature == [])
        request.headers.append((name: "X-Amz-Date", value: "20150830T123601Z"))
        #expect(try SignatureClaims.find(in: request)?.timestamp == 1_440_938_161)
    }

    @Test func incompleteQuery() {
        #expect(
            find(query: "X-Amz-Signature=00")?.message
                == "AWS query-string parameters must include 'X-Amz-Algorithm'. "
                + "AWS query-string parameters must include 'X-Amz-Credential'. "
                + "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
                + "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.")
    }

    @Test func signedTwice() {
        let request = SignableRequest(
            method: "GET", path: "/", query: "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            headers: [(name: "authorization", value: "AWS4-HMAC-SHA256")])
        #expect(error(of: request) == .signedTwice)
    }

    @Test func namesOfSignedHeadersAreSortedAndSingle() throws {
        let request = SignableRequest(
            method: "GET", path: "/",
            headers: [
                (name: "Date", value: "20150830T123600Z"),
                (
                    name: "Authorization",
                    value: "AWS4-HMAC-SHA256 Credential=\(Self.scope), SignedHeaders=X-B;host;a;host, Signature=00"
                ),
            ])
        #expect(try SignatureClaims.find(in: request)?.signedHeaders == ["a", "host", "x-b"])
    }

    @Test func codesOfTheQueryAndJSONProtocols() {
        let expected: [(SignatureError, String, Int, String, Int)] = [
            (
                .missingAuthenticationToken, "MissingAuthenticationToken", 403, "MissingAuthenticationTokenException",
                400
            ),
            (.mismatch, "SignatureDoesNotMatch", 403, "InvalidSignatureException", 400),
            (.invalidClientTokenID, "InvalidClientTokenId", 403, "UnrecognizedClientException", 400),
            (.expiredToken, "ExpiredToken", 403, "ExpiredTokenException", 400),
            (.presignedExpired, "RequestExpired", 400, "RequestExpired", 400),
        ]
        for (error, code, status, jsonCode, jsonStatus) in expected {
            #expect(error.code(isJSON: false) == code)
            #expect(error.status(isJSON: false) == status)
            #expect(error.code(isJSON: true) == jsonCode)
            #expect(error.status(isJSON: true) == jsonStatus)
        }
    }
}
