import Compression
import Directory
import Platform
import Policy
import Signature
import Wire

/// A request whose signature was verified, with its signer; or one that needs no signature, with an anonymous caller.
final class Authenticated: Sendable {
    let routed: Routed
    let module: ServiceModule
    let caller: Caller
    /// With the body as it is proved: whole, or a stream that is proved as it is read.
    let request: WireRequest
    /// The region that the request was signed for; without a signature, Gatehouse's own; for a global service, the
    /// service's.
    let region: String
    /// How it was signed; nil: not at all.
    let signature: SignatureDetails?
    /// Whether a front of the service's made the request.
    let isOfFront: Bool

    fileprivate init(
        routed: Routed, module: ServiceModule, caller: Caller, request: consuming WireRequest, region: String,
        signature: SignatureDetails? = nil, isOfFront: Bool = false
    ) {
        self.signature = signature
        self.isOfFront = isOfFront
        self.routed = routed
        self.module = module
        self.caller = caller
        self.request = request
        self.region = region
    }
}

extension Edge {
    /// Proves who calls one of the services. There is no other way to an `Authenticated`.
    /// - Throws: the error that AWS sends for what is wrong with the signature; NotImplemented for a service that
    ///   Gatehouse does not answer.
    func authenticate(_ routed: Routed) throws(ServiceError) -> Authenticated {
        if let module = routed.unsignedModule {
            return Authenticated(
                routed: routed, module: module, caller: Caller(accountID: "", identity: .anonymous),
                request: try proved(routed, unsignedProof(routed, module)),
                region: module.region(signedFor: environment.region))
        }
        // No body has this hash: each event is signed after the one before, which nobody else can sign anew.
        if routed.module?.isPassedOn == true,
            routed.arrival.head.request.header("x-amz-content-sha256") == "STREAMING-AWS4-HMAC-SHA256-EVENTS"
        {
            throw .notImplemented("The request sends a stream of events, which Gatehouse does not pass on.")
        }
        let (caller, proof) = try caller(of: routed)
        guard case .claims(let claims) = routed.claims else { throw .internalFailure }
        guard let module = routed.module else {
            throw .notImplemented(
                "Gatehouse does not answer the service '\(claims.service)' yet; it answers: "
                    + Set(environment.modules.map(\.signingName)).sorted().joined(separator: ", ") + ".")
        }
        guard let region = claims.region(at: environment.region) else {
            throw refusal(.wrongScope([.region(claims.regionSet.joined(separator: ","))]), routed)
        }
        guard module.isGlobal || isOpen(region, to: caller, routed) else {
            throw refusal(.invalidClientTokenID, routed)
        }
        return Authenticated(
            routed: routed, module: module, caller: caller, request: try inflated(proved(routed, proof), module),
            region: module.region(signedFor: region),
            signature: SignatureDetails(
                claims, contentHash: routed.arrival.head.request.header("x-amz-content-sha256")))
    }

    /// A request with its body as it was before its client has compressed it: what is signed is what was sent.
    /// - Throws: SerializationException for what can't be undone, or would be more than a body may be.
    private func inflated(
        _ request: consuming WireRequest, _ module: ServiceModule
    ) throws(ServiceError) -> WireRequest {
        guard module.takesCompressedBodies, request.stream == nil,
            request.header("content-encoding")?.lowercased() == "gzip"
        else { return request }
        guard let body = Gunzip.decompress(request.body, most: AnyOperation.usualBodyLimit) else {
            throw ServiceError("SerializationException", "The body is no gzip, or more than 1 MiB of data.")
        }
        request.body = body
        return request
    }

    /// Proves who sent a form that came in by a front of the service's own. What it signs is the form's policy; that the rest
    /// of the form keeps to it, the front has seen to.
    /// - Parameters:
    ///   - routed: the request that the front made of it.
    ///   - signature: the form's; nil: it has none.
    ///   - body: the body of that request.
    func authenticate(
        _ routed: Routed, for module: ServiceModule, by signature: FormSignature?, _ body: BodyStream?
    ) throws(ServiceError) -> Authenticated {
        var request = routed.arrival.head.request
        request.stream = body
        guard let signature else {
            return Authenticated(
                routed: routed, module: module, caller: Caller(accountID: "", identity: .anonymous), request: request,
                region: module.region(signedFor: environment.region), isOfFront: true)
        }
        let caller: Caller
        do throws(SignatureError) {
            guard signature.service == module.signingName else {
                throw .wrongScope([.service(expected: module.signingName)])
            }
            let secret: String
            (caller, secret) = try self.caller(
                ofKey: signature.accessKeyID, sessionToken: signature.sessionToken, at: routed.arrival.time)
            try verifier.verify(signature, secretAccessKey: secret)
        } catch {
            throw refusal(error, routed)
        }
        guard isOpen(signature.region, to: caller, routed) else { throw refusal(.invalidClientTokenID, routed) }
        return Authenticated(
            routed: routed, module: module, caller: caller, request: request,
            region: module.region(signedFor: signature.region), signature: SignatureDetails(signature),
            isOfFront: true)
    }

    /// What takes the body of a request without a signature out of its chunks, if it comes so.
    private func unsignedProof(_ routed: Routed, _ module: ServiceModule) throws(ServiceError) -> BodyProof {
        do throws(SignatureError) {
            return try .unsigned(routed.arrival.signable, rules: module.signing)
        } catch {
            throw refusal(error, routed)
        }
    }

    /// The request with its body taken out of its chunks, and proved; a stream will be, as it is read.
    private func proved(_ routed: Routed, _ proof: BodyProof) throws(ServiceError) -> WireRequest {
        var request = routed.arrival.head.request
        request.path = routed.path
        request.headers += routed.labels
        request.body = routed.arrival.body
        if let body = routed.arrival.stream {
            let proved = ProvedBody(body, proof) { self.refusal($0, routed) }
            request.stream = proved.stream(announced: request.header("content-length").flatMap { Int($0) })
        } else if proof.isChunked {
            do throws(SignatureError) {
                var (proof, content) = (proof, [UInt8]())
                try proof.take(request.body, into: &content)
                request.headers += try proof.finish()
                request.body = content
            } catch {
                throw refusal(error, routed)
            }
        }
        return request
    }

    /// A region that the caller's account has not opted into does not know its credentials.
    /// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>
    private func isOpen(_ region: String, to caller: Caller, _ routed: Routed) -> Bool {
        environment.isRegionOpen(region, to: caller.accountID, at: routed.arrival.time)
    }

    /// Who signed a request, for whichever service, and what proves its body where that is yet to come.
    /// - Throws: the error that AWS sends for what is wrong with the signature.
    func caller(of routed: Routed) throws(ServiceError) -> (Caller, BodyProof) {
        do throws(SignatureError) {
            switch routed.claims {
            case .claims(let claims): return try caller(of: claims, routed)
            case .none: throw .missingAuthenticationToken
            case .malformed(let error): throw error
            }
        } catch {
            throw refusal(error, routed)
        }
    }

    private func refusal(_ error: SignatureError, _ routed: Routed) -> ServiceError {
        gate.environment.metrics.count(refusedSignature: error.code(isJSON: false))
        if case .claims(let claims) = routed.claims, claims.zonalToken != nil {
            switch error {
            case .invalidClientTokenID:
                return ServiceError(
                    "InvalidToken", "The provided token is malformed or otherwise invalid.", status: 400)
            case .expiredToken:
                return ServiceError("ExpiredToken", "The provided token has expired.", status: 400)
            default: break
            }
        }
        // S3 has a name of its own for it. <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
        if error == .invalidClientTokenID, routed.module?.signing == .s3 {
            return ServiceError(
                "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", status: 403)
        }
        return ServiceError(
            error.code(isJSON: routed.isJSON), error.message,
            status: error.status(isJSON: routed.isJSON && !routed.isREST))
    }

    private func caller(
        of claims: SignatureClaims, _ routed: Routed
    ) throws(SignatureError) -> (Caller, BodyProof) {
        let (caller, secret) =
            if let token = claims.zonalToken {
                try self.caller(ofZonal: token, claims, at: routed.arrival.time)
            } else {
                try self.caller(
                    ofKey: claims.accessKeyID, sessionToken: claims.sessionToken, at: routed.arrival.time)
            }
        let proof = try verifier.verify(
            claims, of: routed.arrival.signable, secretAccessKey: secret, now: environment.clock.realTime,
            rules: routed.module?.signing)
        return (caller, proof)
    }

    /// Whose session of S3 Express it is, and its secret. No other service takes its token, and it takes no other's.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html>
    private func caller(
        ofZonal token: String, _ claims: SignatureClaims, at time: Double
    ) throws(SignatureError) -> (Caller, secret: String) {
        guard claims.service == "s3express", claims.sessionToken == nil,
            let opened = environment.sessionTokens.openZonal(token), opened.session.accessKeyID == claims.accessKeyID
        else { throw .invalidClientTokenID }
        guard opened.session.expires > time else { throw .expiredToken }
        guard let caller = Caller(opened, environment.directory),
            environment.directory.isActive(account: caller.accountID)
        else { throw .invalidClientTokenID }
        return (caller, opened.session.secretAccessKey)
    }

    /// Who has an access key, and its secret.
    private func caller(
        ofKey accessKeyID: String, sessionToken: String?, at time: Double
    ) throws(SignatureError) -> (Caller, secret: String) {
        let secret: String
        let caller: Caller
        if let token = sessionToken {
            guard let opened = environment.sessionTokens.open(token),
                opened.session.accessKeyID == accessKeyID
            else { throw .invalidClientTokenID }
            secret = opened.session.secretAccessKey
            guard opened.session.expires > time else { throw .expiredToken }
            guard let known = Caller(opened, environment.directory) else { throw .invalidClientTokenID }
            caller = known
        } else {
            guard let key = environment.directory.accessKey(accessKeyID), key.isActive else {
                throw .invalidClientTokenID
            }
            secret = key.secret
            if key.belongsToRoot {
                caller = Caller(accountID: key.accountID, identity: .root, accessKeyID: key.id)
            } else {
                guard let user = environment.directory.user(uniqueID: key.ownerID) else {
                    throw .invalidClientTokenID
                }
                caller = Caller(accountID: key.accountID, identity: .user(user), accessKeyID: key.id)
            }
        }
        // Credentials of a closed or suspended account are treated as if they did not exist.
        guard environment.directory.isActive(account: caller.accountID) else { throw .invalidClientTokenID }
        return (caller, secret)
    }
}
