import Testing

@testable import Signature

/// What the verifier lets through and what it does not, on requests of IAM's kind.
struct VerifierTests {
    static let now = 1_577_836_800.0  // 20200101T000000Z
    static let credentials = SigningCredentials(
        accessKeyID: "AKIAEXAMPLE0000000001", secretAccessKey: "correct horse battery staple")
    static let signer = SignatureSigner(credentials: credentials, region: "us-east-1", service: "iam")

    static var request: SignableRequest {
        SignableRequest(
            method: "POST", path: "/",
            headers: [
                (name: "Host", value: "127.0.0.1:4566"), (name: "Accept-Encoding", value: "identity"),
                (name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8"),
                (name: "User-Agent", value: "aws-cli/2"),
            ], body: Array("Action=CreateUser&Version=2010-05-08&UserName=bob".utf8))
    }

    static func signed(_ request: SignableRequest = request, by signer: SignatureSigner = signer) -> SignableRequest {
        var request = request
        request.headers += signer.sign(request, timestamp: now)
        return request
    }

    static func verify(
        _ request: SignableRequest, with verifier: SignatureVerifier = SignatureVerifier(),
        secretAccessKey: String = credentials.secretAccessKey, now: Double = now, service: String? = "iam",
        region: String? = "us-east-1"
    ) throws {
        let claims = try #require(try SignatureClaims.find(in: request))
        try verifier.verify(
            claims, of: request, secretAccessKey: secretAccessKey, now: now, expectedService: service,
            expectedRegion: region)
    }

    @Test func anonymous() throws {
        #expect(try SignatureClaims.find(in: Self.request) == nil)
        var request = Self.request
        request.query = "Action=GetUser&X-Amz-Expires=60"
        #expect(try SignatureClaims.find(in: request) == nil)
    }

    @Test func otherSecret() {
        #expect(throws: SignatureError.mismatch) {
            try Self.verify(Self.signed(), secretAccessKey: "incorrect horse battery staple")
        }
    }

    /// Keys that a signer keeps make the signatures that it would make anew, for every secret, day, region and service.
    @Test func keptKeysSignTheSame() {
        let keys = SigningKeyCache(capacity: 4)
        for round in 0..<40 {
            let credentials = SigningCredentials(
                accessKeyID: "AKIA\(round % 2)", secretAccessKey: "secret \(round % 3)")
            let (region, service) = (round % 5 < 3 ? "us-east-1" : "eu-west-1", round % 7 < 4 ? "iam" : "sts")
            let time = Self.now + Double(round / 8) * 86_400
            let kept = SignatureSigner(credentials: credentials, region: region, service: service, keys: keys)
            let anew = SignatureSigner(credentials: credentials, region: region, service: service)
            let (left, right) = (kept.sign(Self.request, timestamp: time), anew.sign(Self.request, timestamp: time))
            #expect(left.map(\.name) == right.map(\.name))
            #expect(left.map(\.value) == right.map(\.value))
        }
    }

    @Test func namesAreSignedOnceAndInOrder() {
        var request = Self.request
        request.headers += [("x-B", "1"), ("X-a", "2"), ("X-b", "3"), ("Connection", "x"), ("a", "4"), ("X-", "5")]
        let value = Self.signer.sign(request, timestamp: Self.now).last?.value ?? ""
        #expect(value.contains("SignedHeaders=a;accept-encoding;content-type;host;x-;x-a;x-amz-date;x-b, "))
    }

    /// A key id that comes back with another secret must not be served from the cache.
    @Test func cacheKnowsTheSecret() throws {
        let verifier = SignatureVerifier()
        try Self.verify(Self.signed(), with: verifier)
        #expect(throws: SignatureError.mismatch) {
            try Self.verify(Self.signed(), with: verifier, secretAccessKey: "another")
        }
        try Self.verify(Self.signed(), with: verifier)
        verifier.forgetKeys()
        try Self.verify(Self.signed(), with: verifier)
    }

    @Test func cacheIsBounded() throws {
        let verifier = SignatureVerifier(cachedKeys: 4)
        for round in 0..<3 {
            for region in 0..<20 {
                var signer = Self.signer
                signer.region = "region-\(region)-\(round % 2)"
                try Self.verify(Self.signed(by: signer), with: verifier, region: signer.region)
            }
        }
    }

    // MARK: Time

    @Test(arguments: [-900.0, 0, 900]) func withinTolerance(_ offset: Double) throws {
        try Self.verify(Self.signed(), now: Self.now + offset)
    }

    @Test func tooOld() {
        let error = #expect(throws: SignatureError.self) { try Self.verify(Self.signed(), now: Self.now + 901) }
        #expect(
            error?.message == "Signature expired: 20200101T000000Z is now earlier than 20200101T000001Z "
                + "(20200101T001501Z - 15 min.)")
        #expect(error?.kind == .requestTimeTooSkewed)
        #expect(error?.code(isJSON: false) == "SignatureDoesNotMatch")
        #expect(error?.status(isJSON: false) == 403)
    }

    @Test func tooNew() {
        let error = #expect(throws: SignatureError.self) {
            try Self.verify(Self.signed(), with: SignatureVerifier(clockSkew: 300), now: Self.now - 301)
        }
        #expect(
            error?.message == "Signature not yet current: 20200101T000000Z is still later than 20191231T235959Z "
                + "(20191231T235459Z + 5 min.)")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300])
    func nonsenseOfAClock(_ now: Double) {
        #expect(throws: SignatureError.self) { try Self.verify(Self.signed(), now: now) }
    }

    @Test func presignedOutsideS3LivesForTheTolerance() throws {
        var request = SignableRequest(
            method: "GET", path: "/", query: "Action=GetCallerIdentity&Version=2011-06-15",
            headers: [(name: "host", value: "localhost:4566"), (name: "x-k8s-aws-id", value: "cluster")])
        request.query = Self.signer.presign(request, timestamp: Self.now, expires: 60)
        try Self.verify(request)
        try Self.verify(request, now: Self.now + 900)
        #expect(throws: SignatureError.self) { try Self.verify(request, now: Self.now + 901) }
    }

    // MARK: Scope

    @Test func scopeFaultsAreListed() throws {
        var request = Self.signed()
        let place = try #require(request.headers.firstIndex { $0.name == "Authorization" })
        request.headers[place].value = request.headers[place].value
            .replacing("aws4_request", with: "aws3_request").replacing("/20200101/", with: "/20191231/")
        let claims = try #require(try SignatureClaims.find(in: request))
        let error = #expect(throws: SignatureError.self) {
            try SignatureVerifier().verify(
                claims, of: request, secretAccessKey: Self.credentials.secretAccessKey, now: Self.now,
                expectedService: "sts", expectedRegion: "eu-central-1")
        }
        #expect(
            error?.message == "Credential should be scoped to a valid region, not 'us-east-1'. "
                + "Credential should be scoped to correct service: 'sts'. "
                + "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3_request'. "
                + "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                + "'20191231' != '20200101', from '20200101T000000Z'. ")
        // Another service's rules cannot be borrowed: here, S3's unsigned payload.
        var signer = Self.signer
        signer.service = "s3"
        request = Self.request
        request.headers.append((name: "x-amz-content-sha256", value: "UNSIGNED-PAYLOAD"))
        request = Self.signed(request, by: signer)
        try Self.verify(request, service: nil)
        #expect(throws: SignatureError.wrongScope([.service(expected: "iam")])) { try Self.verify(request) }
    }

    @Test func payloadIsAlwaysSignedOutsideS3() {
        var request = Self.request
        request.headers.append((name: "x-amz-content-sha256", value: "UNSIGNED-PAYLOAD"))
        #expect(throws: SignatureError.mismatch) { try Self.verify(Self.signed(request)) }
    }

    // MARK: Headers

    @Test func hostMustBeSigned() {
        var request = Self.request
        request.headers.removeAll { $0.name == "Host" }
        var signed = Self.signed(request)
        signed.headers.append((name: "Host", value: "127.0.0.1:4566"))
        #expect(throws: SignatureError.hostNotSigned) { try Self.verify(signed) }
    }

    @Test func addedAmazonHeaderMustBeSigned() {
        var request = Self.signed()
        request.headers.append((name: "X-Amz-Target", value: "TrentService.Decrypt"))
        #expect(throws: SignatureError.headersNotSigned(["x-amz-target"])) { try Self.verify(request) }
    }

    @Test func harmlessHeadersMayBeAdded() throws {
        var request = Self.signed()
        request.headers += [
            (name: "X-Forwarded-For", value: "10.0.0.1"), (name: "X-Amzn-Trace-Id", value: "Root=1"),
            (name: "X-Amz-User-Agent", value: "aws-sdk-php"), (name: "X-Amz-Security-Token", value: "added later"),
        ]
        try Self.verify(request)
    }

    @Test func doubledSignedHeaderIsRefused() {
        var request = Self.signed()
        request.headers.append((name: "Host", value: "elsewhere"))
        #expect(throws: SignatureError.mismatch) { try Self.verify(request) }
    }

    @Test func removedSignedHeaderIsRefused() {
        var request = Self.signed()
        request.headers.removeAll { $0.name == "Content-Type" }
        #expect(throws: SignatureError.mismatch) { try Self.verify(request) }
    }

    @Test func tooManyHeaders() {
        var request = Self.signed()
        request.headers += (0..<500).map { (name: "a\($0)", value: "") }
        #expect(throws: SignatureError.tooManyHeaders(limit: 500)) { try Self.verify(request) }
    }

    // MARK: Session tokens

    @Test func sessionTokenInTheHeader() throws {
        var signer = Self.signer
        signer.credentials.sessionToken = "a/token+with=signs"
        let request = Self.signed(by: signer)
        #expect(try SignatureClaims.find(in: request)?.sessionToken == "a/token+with=signs")
        try Self.verify(request)
    }

    @Test(arguments: [true, false]) func sessionTokenInTheQuery(isSigned: Bool) throws {
        var signer = Self.signer
        signer.credentials.sessionToken = isSigned ? "a/token+with=signs" : nil
        var request = SignableRequest(method: "GET", path: "/", headers: [(name: "host", value: "localhost")])
        request.query = signer.presign(request, timestamp: Self.now, expires: 60)
        if !isSigned { request.query += "&X-Amz-Security-Token=a%2Ftoken%2Bwith%3Dsigns" }
        #expect(try SignatureClaims.find(in: request)?.sessionToken == "a/token+with=signs")
        try Self.verify(request)
    }

    @Test func credentialsDoNotPrintTheirSecret() {
        let credentials = SigningCredentials(accessKeyID: "AKIA", secretAccessKey: "hidden", sessionToken: "concealed")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] {
            #expect(!text.contains("hidden") && !text.contains("concealed") && text.contains("AKIA"))
        }
    }
}
