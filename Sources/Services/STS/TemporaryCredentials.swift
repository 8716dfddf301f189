import Directory
import Platform
import STSAPI
import Wire

extension STS.Credentials {
    /// Credentials whose token holds the whole session.
    init(_ session: Session, _ call: Call) throws(ServiceError) {
        self.init()
        accessKeyId = session.accessKeyID
        secretAccessKey = session.secretAccessKey
        sessionToken = try call.environment.sessionTokens.seal(session)
        expiration = Timestamp(secondsSinceEpoch: session.expires)
    }
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
extension STS.GetSessionToken: ComputeOperation {
    public static var isReadOnly: Bool { false }
    public static var secretMembers: Set<String> { ["SecretAccessKey", "SessionToken", "TokenCode"] }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await SecondFactor.check(input.serialNumber, input.tokenCode, call)
        return .notRequired(because: "No permissions are required for users to perform it (STS API reference).")
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard call.caller.session == nil else {
            throw .accessDenied("Cannot call GetSessionToken with session credentials")
        }
        let kind: Session.PrincipalKind
        let id: String
        var seconds = Double(input.durationSeconds ?? 43200)
        switch call.caller.identity {
        case .root:
            (kind, id) = (.root, call.accountID)
            seconds = min(seconds, 3600)
        case .user(let user): (kind, id) = (.user, user.uniqueID)
        case .roleSession, .federatedUser, .webIdentity, .saml, .service, .anonymous:
            throw .accessDenied("Cannot call GetSessionToken with session credentials")
        }
        try await SecondFactor.useUp(input.serialNumber, input.tokenCode, call)
        let session = Session(
            accessKeyID: Identifiers.accessKeyID(temporary: true), secretAccessKey: Identifiers.secretAccessKey(),
            accountID: call.accountID, principalKind: kind, principalID: id, issued: call.time.rounded(.down),
            expires: call.time.rounded(.down) + seconds, mfaTime: input.tokenCode == nil ? nil : call.time)
        return Output(credentials: try STS.Credentials(session, call))
    }
}
