/// Verifies signatures of Signature Version 4 and 4A.
///
/// One verifier serves a whole process, from any number of threads. It keeps the signing keys that it derives, by
/// access key, day, region and service, so that most verifications cost two hashes and no derivation.
///
/// ```swift
/// let verifier = SignatureVerifier()
/// if let claims = try SignatureClaims.find(in: request) {
///     let secret = try secret(of: claims.accessKeyID)
///     try verifier.verify(
///         claims, of: request, secretAccessKey: secret, now: now, expectedService: "iam",
///         expectedRegion: "us-east-1")
/// }
/// ```
///
/// The verifier knows no accounts: whether the key is active, and whether the session token fits, is for the one who
/// looks the secret up to say, with ``SignatureError/invalidClientTokenID`` and ``SignatureError/expiredToken``.
public final class SignatureVerifier: Sendable {
    /// How far a request's time may be from the server's, either way, in seconds. From 0 to 86,400.
    public let clockSkew: Int
    /// How many header fields a signed request may have: the cost of a verification grows with them, before anybody is
    /// known.
    public static let maximumHeaderCount = 500

    private let keys: SigningKeyCache

    /// Makes a verifier with an empty cache.
    /// - Parameters:
    ///   - clockSkew: in seconds. AWS documents 15 minutes.
    ///   - cachedKeys: how many signing keys to keep at most, at about half a kilobyte each. A key takes a place only
    ///     after it has verified something, so strangers cannot fill the cache.
    public init(clockSkew: Int = 900, cachedKeys: Int = 16_384) {
        self.clockSkew = min(max(clockSkew, 0), 86_400)
        keys = SigningKeyCache(capacity: cachedKeys)
    }

    /// Verifies that the owner of `secretAccessKey` signed this very request, now and for this service.
    ///
    /// - Parameters:
    ///   - claims: what ``SignatureClaims/find(in:)`` found in the same request.
    ///   - request: the request; its body may be nil, and arrive later.
    ///   - secretAccessKey: the secret of the access key that the claims name.
    ///   - now: seconds since the epoch.
    ///   - expectedService: the signing name of the service that will answer. Give it wherever the service was not
    ///     itself taken from the claims: the rules depend on it.
    ///   - expectedRegion: the region of the server, where no other will do.
    ///   - rules: the service's own, when none are given.
    /// - Returns: what proves the body as it arrives. Nothing of the body may be believed before it has. If `request`
    ///   holds the body, that is verified already, and the proof need not be used.
    /// - Throws: ``SignatureError``, the first reason in the order that the module's page gives.
    /// - Complexity: O(*n*) in the size of the request, and O(*s* × *h*) in signed headers and header fields.
    @discardableResult
    public func verify(
        _ claims: SignatureClaims, of request: SignableRequest, secretAccessKey: String, now: Double,
        expectedService: String? = nil, expectedRegion: String? = nil, rules: SigningRules? = nil
    ) throws(SignatureError) -> BodyProof {
        let rules = rules ?? .rules(forService: expectedService ?? claims.service)
        let timestamp = SignatureTimestamp.bytes(claims.timestamp)
        try checkTime(claims, now: SignatureTimestamp.wholeSeconds(now), rules: rules)
        try checkSignedHeaders(claims, request, rules)
        try checkScope(claims, timestamp, service: expectedService, region: expectedRegion)
        let payload = try PayloadHash(of: request, claims: claims, rules: rules)

        let scope = SigningScope(
            algorithm: claims.algorithm, date: claims.date, region: claims.region, service: claims.service)
        let cached = keys.key(of: claims.accessKeyID, scope: scope, secretAccessKey: secretAccessKey)
        let key =
            cached
            ?? SigningKey(accessKeyID: claims.accessKeyID, secretAccessKey: secretAccessKey, scope: scope)

        func isProved(leavingTokenOut: Bool) -> Bool {
            guard
                let canonical = CanonicalRequest(
                    of: request, signedHeaders: claims.signed, payloadHash: payload.line, rules: rules,
                    leavesTokenOut: leavingTokenOut)
            else { return false }
            return key.isSignature(claims.signature, of: canonical.stringToSign(timestamp: timestamp, scope: scope))
        }
        // Some clients add the session token to a presigned URL only after signing.
        let mayLackToken = claims.form == .presigned && claims.sessionToken != nil && !rules.requiresSignedToken
        guard isProved(leavingTokenOut: false) || (mayLackToken && isProved(leavingTokenOut: true)) else {
            throw .mismatch
        }
        // Only what has signed is kept: strangers cannot fill the cache.
        if cached == nil {
            keys.insert(key, of: claims.accessKeyID, scope: scope, secretAccessKey: secretAccessKey)
        }
        return payload.proof(ChunkSigner(key: key, timestamp: timestamp, scope: scope, seed: claims.signature))
    }

    /// Forgets every signing key that was derived. A key that is deleted needs no forgetting: its secret isn't looked
    /// up any more.
    func forgetKeys() {
        keys.removeAll()
    }

    private func checkTime(_ claims: SignatureClaims, now: Int, rules: SigningRules) throws(SignatureError) {
        if claims.timestamp > now + clockSkew {
            throw .notYetCurrent(signed: claims.timestamp, now: now, tolerance: clockSkew)
        }
        if claims.form == .presigned, rules.honoursExpires {
            guard let expires = claims.expires else { throw .incompleteQuery(missing: ["X-Amz-Expires"]) }
            guard (1...604_800).contains(expires) else { throw .expiresOutOfRange }
            if claims.timestamp + expires < now { throw .presignedExpired }
        } else if claims.timestamp < now - clockSkew {
            throw .expired(signed: claims.timestamp, now: now, tolerance: clockSkew)
        }
    }

    /// The host, and every `x-amz-` header that is there, must be signed: they say what is asked, and of whom.
    private func checkSignedHeaders(
        _ claims: SignatureClaims, _ request: SignableRequest, _ rules: SigningRules
    ) throws(SignatureError) {
        guard request.headers.count <= Self.maximumHeaderCount else {
            throw .tooManyHeaders(limit: Self.maximumHeaderCount)
        }
        // Each signed header must be in the request, so there cannot be more of them.
        guard claims.signed.count <= request.headers.count else { throw .mismatch }
        guard claims.signed.contains("host") else { throw .hostNotSigned }
        if claims.algorithm == .v4A, claims.form == .header, !claims.signed.contains("x-amz-region-set") {
            throw .headersNotSigned(["x-amz-region-set"])
        }
        func mustBeSigned(_ index: Int) -> Bool {
            ASCII.hasPrefix(request.headers[index].name, lowercased: "x-amz-")
                && !claims.signed.contains(request.headers[index].name)
                && !Self.mayStayUnsigned(request.headers[index].name, rules)
        }
        let unsigned = request.headers.indices.filter(mustBeSigned)
        guard unsigned.isEmpty else {
            throw .headersNotSigned(unsigned.map { request.headers[$0].name.lowercased() })
        }
    }

    private static func mayStayUnsigned(_ name: String, _ rules: SigningRules) -> Bool {
        switch name.lowercased() {
        // Stands in the canonical request anyway.
        case "x-amz-content-sha256": true
        // Says nothing about the request; some SDKs leave it out on purpose.
        case "x-amz-user-agent": true
        case "x-amz-security-token": !rules.requiresSignedToken
        default: false
        }
    }

    private func checkScope(
        _ claims: SignatureClaims, _ timestamp: [UInt8], service: String?, region: String?
    ) throws(SignatureError) {
        var faults: [SignatureError.ScopeFault] = []
        if let region, claims.region(at: region) != region {
            faults.append(.region(claims.algorithm == .v4 ? claims.region : claims.regionSet.joined(separator: ",")))
        }
        if let service, claims.service != service { faults.append(.service(expected: service)) }
        if claims.terminator != SigningScope.terminator { faults.append(.terminator(claims.terminator)) }
        if !timestamp.prefix(8).elementsEqual(claims.date.utf8) {
            faults.append(.date(scope: claims.date, timestamp: claims.timestamp))
        }
        guard faults.isEmpty else { throw .wrongScope(faults) }
    }
}
