/// What a request says about its own signature: found and well-formed, not yet verified.
///
/// Look up the access key by ``accessKeyID``, then pass its secret to ``SignatureVerifier``. Nothing here may be
/// believed before that. An ``accessKeyID`` that is not known may be a secret key that somebody put in the wrong place:
/// do not log it.
///
/// It never changes, and goes through every step of a request: a class, for the copies would cost more than what is done
/// with them.
///
/// ```swift
/// guard let claims = try SignatureClaims.find(in: request) else { return nil }  // anonymous
/// let secret = try secret(of: claims.accessKeyID)
/// try verifier.verify(claims, of: request, secretAccessKey: secret, now: now, expectedService: "iam")
/// ```
public final class SignatureClaims: Sendable {
    /// Where the signature stands. The form decides how long it is good: 15 minutes in the header, and up to seven days
    /// in an S3 URL.
    public enum Form: Sendable, Equatable {
        /// In the `Authorization` header.
        case header
        /// In the query: a presigned URL.
        case presigned
        /// In a form that a browser posts: a ``FormSignature``.
        case form
    }

    /// Where in the request the signature was found.
    public let form: Form
    /// Which of the two algorithms the request names.
    public let algorithm: SigningAlgorithm
    /// The first element of the credential: whose secret is to be looked up. `AKIA…` is a long-term key, `ASIA…` a
    /// temporary one.
    public let accessKeyID: String
    /// The day of the credential scope, `YYYYMMDD`, in UTC. It must be the day of ``timestamp``.
    public let date: String
    /// The region of the credential scope; empty in version 4A, whose scopes have none.
    public let region: String
    /// The regions that a request of version 4A is valid for, as it lists them: names, which may have a `*` at the end.
    /// Empty in version 4.
    public let regionSet: [String]
    /// The service's signing name, as in `iam`, `s3`, `execute-api`.
    public let service: String
    /// The last element of the credential scope; `aws4_request` when it is right.
    public let terminator: String
    let signed: SignedHeaders
    /// The bytes of the signature: 32, or in version 4A the DER form of an elliptic curve's. Empty where the request's
    /// text spells no such thing.
    public let signature: [UInt8]
    /// When the request was signed, in seconds since the epoch.
    public let timestamp: Int
    /// `X-Amz-Expires` of a presigned request, in seconds; 0 where what stands there is no number.
    public let expires: Int?
    /// `X-Amz-Security-Token`, which temporary access keys come with.
    public let sessionToken: String?
    /// `x-amz-s3session-token`, which the access keys of S3 Express's sessions come with.
    public let zonalToken: String?

    /// Finds the signature of a request, in the header or in the query.
    ///
    /// - Returns: nil when the request carries no signature at all: it is anonymous.
    /// - Throws: ``SignatureError`` when there is half a signature, one that is not well-formed, or one in each place.
    /// - Complexity: O(*n*) in the size of the head. The body isn't looked at.
    public static func find(in request: SignableRequest) throws(SignatureError) -> SignatureClaims? {
        let authorization = request.firstValue(ofHeader: "authorization")
        let parameters = PresignedParameters(query: request.query)
        switch (authorization, parameters) {
        case (nil, nil): return nil
        case (.some, .some): throw .signedTwice
        case (.some(let authorization), nil):
            let count = request.headers.indices.count {
                ASCII.isSame(request.headers[$0].name, lowercased: "authorization")
            }
            guard count == 1 else { throw .signedTwice }
            return try header(authorization, of: request)
        case (nil, .some(let parameters)): return try presigned(parameters, of: request)
        }
    }

    private static func header(
        _ authorization: String, of request: SignableRequest
    ) throws(SignatureError) -> SignatureClaims {
        let header = try AuthorizationHeader(authorization)
        // X-Amz-Date overrides Date, which proxies may set.
        let date = request.firstValue(ofHeader: "x-amz-date") ?? request.firstValue(ofHeader: "date")
        guard let credential = header.credential, let signedHeaders = header.signedHeaders,
            let signature = header.signature, let date
        else {
            throw .incompleteHeader(
                missing: header.missing, dateIsMissing: date == nil, headerHash: SignatureError.hash(authorization))
        }
        return try SignatureClaims(
            form: .header, algorithm: header.algorithm, credential: credential, signedHeaders: signedHeaders,
            signature: signature, date: date,
            regionSet: header.algorithm == .v4 ? nil : request.firstValue(ofHeader: "x-amz-region-set"),
            sessionToken: request.firstValue(ofHeader: "x-amz-security-token"),
            zonalToken: request.firstValue(ofHeader: "x-amz-s3session-token"))
    }

    private static func presigned(
        _ parameters: PresignedParameters, of request: SignableRequest
    ) throws(SignatureError) -> SignatureClaims {
        guard let algorithm = parameters.algorithm, let credential = parameters.credential,
            let signature = parameters.signature, let signedHeaders = parameters.signedHeaders,
            let date = parameters.date
        else { throw .incompleteQuery(missing: parameters.missing) }
        guard let known = SigningAlgorithm(rawValue: algorithm) else { throw .unsupportedAlgorithm(algorithm) }
        return try SignatureClaims(
            form: .presigned, algorithm: known, credential: Array(credential.utf8)[...],
            signedHeaders: Array(signedHeaders.utf8)[...], signature: Array(signature.utf8)[...], date: date,
            regionSet: parameters.regionSet,
            sessionToken: parameters.sessionToken ?? request.firstValue(ofHeader: "x-amz-security-token"),
            zonalToken: parameters.zonalToken ?? request.firstValue(ofHeader: "x-amz-s3session-token"),
            expires: parameters.expires.map { Int($0) ?? 0 })
    }

    private init(
        form: Form, algorithm: SigningAlgorithm, credential: ArraySlice<UInt8>, signedHeaders: ArraySlice<UInt8>,
        signature: ArraySlice<UInt8>, date: String, regionSet: String?, sessionToken: String?,
        zonalToken: String?, expires: Int? = nil
    ) throws(SignatureError) {
        var rest = credential
        guard let accessKeyID = Self.element(&rest), !accessKeyID.isEmpty, let day = Self.element(&rest),
            let region = algorithm == .v4 ? Self.element(&rest) : "", let service = Self.element(&rest),
            !rest.contains(UInt8(ascii: "/"))
        else {
            throw .malformedCredential(credentialHash: SignatureError.hash(ASCII.text(credential)))
        }
        guard let timestamp = SignatureTimestamp.seconds(date) else { throw .malformedDate(date) }
        self.form = form
        self.algorithm = algorithm
        self.accessKeyID = accessKeyID
        self.date = day
        self.region = region
        self.regionSet = Self.regionSet(regionSet)
        self.service = service
        terminator = ASCII.text(rest)
        signed = SignedHeaders(signedHeaders)
        let bytes = ASCII.bytes(fromLowercaseHex: signature) ?? []
        self.signature = bytes.count == 32 || (algorithm == .v4A && bytes.count <= 80) ? bytes : []
        self.timestamp = timestamp
        self.sessionToken = sessionToken
        self.zonalToken = zonalToken
        self.expires = expires
    }

    /// The names of the signed headers: lower-case, sorted, each once.
    public var signedHeaders: [String] { signed.names }

    /// Takes what stands before the next slash off a credential.
    private static func element(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        defer { rest = rest[(slash + 1)...] }
        return ASCII.text(rest[..<slash])
    }

    private static func regionSet(_ text: String?) -> [String] {
        guard let text else { return [] }
        return ASCII.split(Array(text.utf8)[...], at: ",").map { ASCII.text(ASCII.trimmed($0)) }.filter { !$0.isEmpty }
    }

    /// The region that a request counts as made in: the one that it is signed for.
    ///
    /// One of version 4A that is signed for several is taken to be made where it arrives, if that is one of them.
    /// - Parameter server: the region that the server is in.
    /// - Returns: nil when the request is for other regions only, and names none of them in full.
    public func region(at server: String) -> String? {
        if algorithm == .v4 { return region }
        func isCovered(by entry: String) -> Bool {
            entry.utf8.last == UInt8(ascii: "*") ? server.utf8.starts(with: entry.utf8.dropLast()) : entry == server
        }
        if regionSet.contains(where: isCovered) { return server }
        return regionSet.first { !$0.utf8.contains(UInt8(ascii: "*")) }
    }
}
