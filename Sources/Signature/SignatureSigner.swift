/// What a client signs with. Its descriptions show the key id only.
public struct SigningCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var accessKeyID: String
    public var secretAccessKey: String
    /// Comes with temporary access keys.
    public var sessionToken: String?

    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    public var description: String { "SigningCredentials(\(accessKeyID))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

/// Signs requests with Signature Version 4 or 4A, as a client does.
public struct SignatureSigner: Sendable {
    public var credentials: SigningCredentials
    public var algorithm: SigningAlgorithm
    /// In version 4A a list, separated by commas, of names that may have a `*` at the end.
    public var region: String
    /// The service's signing name.
    public var service: String
    public var rules: SigningRules

    /// - Parameter rules: the service's own, when none are given.
    public init(
        credentials: SigningCredentials, algorithm: SigningAlgorithm = .v4, region: String, service: String,
        rules: SigningRules? = nil
    ) {
        self.credentials = credentials
        self.algorithm = algorithm
        self.region = region
        self.service = service
        self.rules = rules ?? .rules(forService: service)
    }

    /// Signs in the header.
    ///
    /// - Parameters:
    ///   - request: with its `host` header. `x-amz-date`, `x-amz-security-token` and `authorization` are added, and
    ///     must not be there yet.
    ///   - timestamp: seconds since the epoch.
    /// - Returns: the header fields to add to the request.
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
                    + "SignedHeaders=\(names.joined(separator: ";")), Signature=\(signature)"
            ))
        return added
    }

    /// Signs in the query: makes the query of a presigned URL.
    ///
    /// - Parameters:
    ///   - request: with its `host` header and whatever else the one who uses the URL will send.
    ///   - timestamp: seconds since the epoch.
    ///   - expires: for how many seconds; S3 alone goes by it.
    /// - Returns: the whole query, with what the request had and the signature at its end.
    public func presign(_ request: SignableRequest, timestamp: Double, expires: Int) -> String {
        let time = SignatureTimestamp.text(SignatureTimestamp.wholeSeconds(timestamp))
        let names = Self.signableNames(of: request)
        var parameters = [
            ("X-Amz-Algorithm", algorithm.rawValue),
            ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scopeText(time))"),
            ("X-Amz-Date", time),
            ("X-Amz-Expires", String(expires)),
            ("X-Amz-SignedHeaders", names.joined(separator: ";")),
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
        of request: SignableRequest, signedHeaders: [String], payloadHash: String, time: String
    ) -> String {
        let scope = scope(time)
        // The names were taken from the request itself, so that none can be missing.
        guard
            let canonical = CanonicalRequest(
                of: request, signedHeaders: signedHeaders, payloadHash: payloadHash.utf8, rules: rules)
        else { return "" }
        let key = SigningKey(
            accessKeyID: credentials.accessKeyID, secretAccessKey: credentials.secretAccessKey, scope: scope)
        var hex: [UInt8] = []
        ASCII.appendHex(key.signature(of: canonical.stringToSign(timestamp: Array(time.utf8), scope: scope)), to: &hex)
        return ASCII.text(hex)
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
    private static func signableNames(of request: SignableRequest) -> [String] {
        let unsignable: Set = [
            "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id",
        ]
        return Set(request.headers.map { $0.name.lowercased() }).subtracting(unsignable)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        PercentEncoding.appendEncoded(text.utf8, to: &bytes)
        return ASCII.text(bytes)
    }
}
