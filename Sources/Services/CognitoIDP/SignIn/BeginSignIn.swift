import CognitoIDPAPI
import Ledger
import Platform
import Wire

extension Call {
    /// Begins a sign-in.
    /// - Throws: InvalidParameterException for a flow that the client doesn't allow, or a parameter that lacks;
    ///   NotAuthorizedException; UserNotFoundException, where the client may learn that; what triggers refuse with.
    func beginSignIn(_ request: SignInRequest) async throws(ServiceError) -> SignInStep {
        let client = request.client
        try client.check(request.flow)
        if request.flow == AuthenticationFlow.user.rawValue, let session = request.session {
            return try await signIn(afterConfirming: session, request)
        }
        guard let name = request.parameters["USERNAME"], !name.isEmpty else { throw .missingParameter("USERNAME") }
        try client.checkSecretHash(request.parameters["SECRET_HASH"], username: name)
        let found = try await subject(name, of: client)
        // Whoever comes from a provider is known there alone: here they are as somebody who does not exist.
        let user = found.flatMap { $0.isOfProvider ? nil : $0 }
        guard found == nil || user != nil || client.hidesUserExistence else { throw .incorrect }
        var progress = SignInProgress(
            flow: request.flow, name: name, began: time, deviceKey: request.parameters["DEVICE_KEY"])
        if let user {
            note("sub", user.sub)
            progress = progress.of(user)
        }
        var signIn = SignIn(
            call: self, client: client, parameters: request.parameters, metadata: request.clientMetadata,
            progress: progress, simulationSecret: try await environment.keys(of: client.pool).simulationSecret,
            user: user)
        signIn.progress.evidence = evidence(of: request)
        return try await signIn.watched { (signIn) async throws(ServiceError) in try await signIn.begin() }
    }

    /// What threat protection is to know of a sign-in; nil: the pool has none.
    func evidence(of request: SignInRequest) -> SignInEvidence? {
        let client = request.client
        let isCustom = request.flow == AuthenticationFlow.custom.rawValue
        guard (isCustom ? client.pool.customThreatMode : client.pool.threatMode) != .off else { return nil }
        return SignInEvidence(
            id: RequestIDs.make(time: time),
            surroundings: Surroundings(
                self, context: request.context, mayNameAddress: request.isOfAdmin || client.mayNameAddresses))
    }

    /// The user whom a request names; nil: there is none.
    func subject(_ name: String, of client: ClientEntry) async throws(ServiceError) -> PoolUser? {
        // Longer ones nobody has.
        guard name.unicodeScalars.count <= 128 else { return nil }
        let pool = client.pool
        return try await environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.user(named: name, of: pool)
        }
    }
}

extension SignIn {
    /// The first step of each flow.
    mutating func begin() async throws(ServiceError) -> SignInStep {
        let flow = progress.flow
        // Of all parameters, before anything is looked at that tells whether there is such a user.
        switch flow {
        case "USER_SRP_AUTH": _ = try clientPublic()
        case "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH": _ = try parameter("PASSWORD")
        default: break
        }
        try await refuseBlockedAddress()
        let isPassword = flow.hasSuffix("PASSWORD_AUTH") || flow == "ADMIN_NO_SRP_AUTH"
        if user == nil, isPassword { try await migrate() }
        guard user != nil || client.hidesUserExistence else { throw .noSuchUser }
        try await askPreAuthentication()
        switch flow {
        case "USER_SRP_AUTH": return try await challengePassword(isSessionNeeded: false)
        case "CUSTOM_AUTH": return try await beginCustom()
        case "USER_AUTH": return try await beginChoice()
        default:
            try await provePassword()
            return try await passwordProved()
        }
    }

    /// Asks whether the user may try at all.
    private func askPreAuthentication() async throws(ServiceError) {
        guard pool.has(.preAuthentication) else { return }
        var request: [(key: String, value: JSONValue)] = [("userAttributes", user?.triggerAttributes ?? .object([]))]
        if !metadata.isEmpty { request.append(("validationData", metadata.json)) }
        if client.hidesUserExistence { request.append(("userNotFound", .boolean(user == nil))) }
        _ = try await call.ask(
            .preAuthentication, "PreAuthentication_Authentication", of: pool, clientID: client.id, username: username,
            request)
    }
}

extension ClientEntry {
    /// Checks that a flow is allowed.
    /// - Throws: InvalidParameterException.
    fileprivate func check(_ name: String) throws(ServiceError) {
        let flow =
            switch name {
            case "ADMIN_NO_SRP_AUTH": AuthenticationFlow.adminPassword
            default: AuthenticationFlow(rawValue: name)
            }
        guard let flow else { throw .invalidParameter("Initiate Auth method not supported.") }
        guard !allows(flow) else { return }
        switch flow {
        case .userPassword, .user: throw .invalidParameter("\(name) flow not enabled for this client")
        case .userSRP, .custom: throw .invalidParameter("\(name) is not enabled for the client.")
        case .adminPassword, .refreshToken: throw .invalidParameter("Auth flow not enabled for this client")
        }
    }
}
