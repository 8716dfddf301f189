/// What a client signs with: an access key, and the session token if it is a temporary one.
///
/// Its descriptions, and what a debugger's or test framework's mirror shows, have the key id only.
public struct SigningCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The id, which travels with each request: `AKIA…`, or `ASIA…` for a temporary access key.
    public var accessKeyID: String
    /// The secret, which never does.
    public var secretAccessKey: String
    /// The session token of a temporary access key, which goes along as `X-Amz-Security-Token`; nil for a long-term
    /// one.
    public var sessionToken: String?

    /// Makes credentials; they are not checked.
    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    public var description: String { "SigningCredentials(\(accessKeyID))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

/// Signs requests with Signature Version 4 or 4A, as a client does: in the header, or as a presigned URL.
///
/// ```swift
/// let signer = SignatureSigner(
///     credentials: SigningCredentials(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secret),
///     region: "us-east-1", service: "iam")
/// request.headers += signer.sign(request, timestamp: now)
/// ```
///
/// Tests sign with it, `gatehouse why` asks a server with it, and so can whatever passes requests on to AWS. The signer
/// derives its key anew each time, unless it is given somewhere to keep it: see ``keys``.
///
/// AWS: "Create a signed AWS API request",
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
public struct SignatureSigner: Sendable {
    /// Whose signature it is.
    public var credentials: SigningCredentials
    /// Version 4, unless one signature has to be valid in several regions.
    public var algorithm: SigningAlgorithm
    /// The region of the credential scope. In version 4A a list, separated by commas, of names that may have a `*` at
    /// the end.
    public var region: String
    /// The service's signing name, which is not always its endpoint's prefix: "iam", "s3", "execute-api".
    public var service: String
    /// What the service does differently from others. It follows from ``service`` unless given.
    public var rules: SigningRules
    /// Where derived keys are kept, for those who sign often; nil: nowhere.
    public var keys: SigningKeyCache?

    /// Makes a signer for one service in one region.
    ///
    /// Without `rules`, the service's own are followed.
    public init(
        credentials: SigningCredentials, algorithm: SigningAlgorithm = .v4, region: String, service: String,
        rules: SigningRules? = nil, keys: SigningKeyCache? = nil
    ) {
        self.keys = keys
        self.credentials = credentials
        self.algorithm = algorithm
        self.region = region
        self.service = service
        self.rules = rules ?? .rules(forService: service)
    }

    /// Signs a request in its header.
    ///
    /// - Parameters:
    ///   - request: the request with its `host` header. `x-amz-date`, `x-amz-security-token` and `authorization` are
    ///     added, and must not be there yet. Where the body is to be sent as a stream, `x-amz-content-sha256` has to be
    ///     there.
    ///   - timestamp: seconds since the epoch.
    /// - Returns: the header fields to add to the request. The request itself must not change after that.
    /// - Complexity: O(*n*) in the size of the request; the body is hashed unless `x-amz-content-sha256` is given.
    public func sign(_ request: SignableRequest, timestamp: Double) -> [(name: String, value: String)] {
        let time = SignatureTimestamp.text(SignatureTimestamp.wholeSeconds(timestamp))
        var added = [(name: "X-Amz-Date", value: time)]
        if let token = credentials.sessionToken { added.append((name: "X-Amz-Security-Token", value: token)) }
        if algorithm == .v4A { added.append((name: "X-Amz-Region-Set", value: region)) }
        let hash =
            request.firstValue(ofHeader: "x-amz-content-sha256")
            ?? ASCII.text(PayloadHash.hex(of: request.body ?? []))
        if rules.requiresContentHash, request.firstValue(ofHeader: "x-amz-content-sha256") == nil {
            added.append((name: "X-Amz-Content-Sha256", value: hash))
        }
        var request = request
        request.headers += added
        let names = Self.signableNames(of: request)
        let signature = signature(of: request, signedHeaders: names, payloadHash: hash, time: time)
        added.append(
            (
                name: "Authorization",
                value: "\(algorithm.rawValue) Credential=\(credentials.accessKeyID)/\(scopeText(time)), "
                    + "SignedHeaders=\(ASCII.text(names.line)), Signature=\(signature)"
            ))
        return added
    }

    /// Signs a request in its query: makes the query of a presigned URL.
    ///
    /// - Parameters:
    ///   - request: the request with its `host` header and whatever else the user of the URL will send. Header fields
    ///     that are here have to be sent just so.
    ///   - timestamp: seconds since the epoch.
    ///   - expires: for how many seconds the URL is valid. Only S3 honours it; elsewhere it is 15 minutes from
    ///     `timestamp`.
    /// - Returns: the whole query, with the parameters that the request had, and the signature at the end.
    public func presign(_ request: SignableRequest, timestamp: Double, expires: Int) -> String {
        let time = SignatureTimestamp.text(SignatureTimestamp.wholeSeconds(timestamp))
        let names = Self.signableNames(of: request)
        var parameters = [
            ("X-Amz-Algorithm", algorithm.rawValue),
            ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scopeText(time))"),
            ("X-Amz-Date", time),
            ("X-Amz-Expires", String(expires)),
            ("X-Amz-SignedHeaders", ASCII.text(names.line)),
        ]
        if algorithm == .v4A { parameters.append(("X-Amz-Region-Set", region)) }
        if let token = credentials.sessionToken { parameters.append(("X-Amz-Security-Token", token)) }
        var request = request
        request.query =
            ([request.query].filter { !$0.isEmpty } + parameters.map { "\($0)=\(Self.encoded($1))" })
            .joined(separator: "&")
        let hash =
            rules.acceptsUnsignedPayload
            ? request.firstValue(ofHeader: "x-amz-content-sha256") ?? PayloadHash.unsigned
            : ASCII.text(PayloadHash.hex(of: request.body ?? []))
        let signature = signature(of: request, signedHeaders: names, payloadHash: hash, time: time)
        return request.query + "&X-Amz-Signature=\(signature)"
    }

    private func signature(
        of request: SignableRequest, signedHeaders: SignedHeaders, payloadHash: String, time: String
    ) -> String {
        let scope = scope(time)
        // The names were taken from the request itself, so that none can be missing.
        guard
            let canonical = CanonicalRequest(
                of: request, signedHeaders: signedHeaders, payloadHash: payloadHash.utf8, rules: rules)
        else { return "" }
        let key = key(scope)
        var hex: [UInt8] = []
        ASCII.appendHex(key.signature(of: canonical.stringToSign(timestamp: Array(time.utf8), scope: scope)), to: &hex)
        return ASCII.text(hex)
    }

    private func key(_ scope: SigningScope) -> SigningKey {
        let (id, secret) = (credentials.accessKeyID, credentials.secretAccessKey)
        if let key = keys?.key(of: id, scope: scope, secretAccessKey: secret) { return key }
        let key = SigningKey(accessKeyID: id, secretAccessKey: secret, scope: scope)
        keys?.insert(key, of: id, scope: scope, secretAccessKey: secret)
        return key
    }

    private func scopeText(_ time: String) -> String {
        var bytes: [UInt8] = []
        scope(time).append(to: &bytes)
        return ASCII.text(bytes)
    }

    private func scope(_ time: String) -> SigningScope {
        SigningScope(algorithm: algorithm, date: String(time.prefix(8)), region: region, service: service)
    }

    /// Every header but those that proxies and HTTP libraries change on the way.
    private static func signableNames(of request: SignableRequest) -> SignedHeaders {
        var names: [String] = []
        names.reserveCapacity(request.headers.count)
        for index in request.headers.indices {
            let name = request.headers[index].name
            if unsignable.contains(where: { ASCII.isSame(name, lowercased: $0) }) { continue }
            names.append(ASCII.lowercased(name))
        }
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var (line, count): ([UInt8], Int) = ([], 0)
        line.reserveCapacity(256)
        for index in names.indices where index == 0 || !names[index].utf8.elementsEqual(names[index - 1].utf8) {
            if count > 0 { line.append(UInt8(ascii: ";")) }
            line.append(contentsOf: names[index].utf8)
            count += 1
        }
        return SignedHeaders(line: line, count: count)
    }

    private static let unsignable = [
        "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id",
    ]

    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        PercentEncoding.appendEncoded(text.utf8, to: &bytes)
        return ASCII.text(bytes)
    }
}
