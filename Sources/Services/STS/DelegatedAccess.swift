import Directory
import Platform
import STSAPI
import Wire

/// What a product provider gets for the token that a customer released: the approver's permissions, within the policy
/// that was approved, for a time that began with the release.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetDelegatedAccessToken.html>
extension STS.GetDelegatedAccessToken: ReadOperation {
    public static var isReadOnly: Bool { false }
    public static var secretMembers: Set<String> { ["SecretAccessKey", "SessionToken", "TradeInToken"] }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("sts:GetDelegatedAccessToken", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let id = input.tradeInToken.split(separator: ".").first,
            let request = try records.global.of(account: DelegationRequest.scopeName).get(
                DelegationRequest.self, String(id)),
            request.requestorID == call.accountID, let token = request.exchangeToken,
            isSameSecret(token, input.tradeInToken), let expires = request.sessionExpires,
            let approver = request.approver,
            let kind = Session.PrincipalKind(rawValue: approver.kind), let account = request.ownerAccountID
        else { throw .validation("Invalid trade-in token") }
        guard expires > call.time else {
            throw STS.Failure.expiredTradeInTokenException("The trade-in token has expired.")
        }
        var session = Session(
            accessKeyID: Identifiers.accessKeyID(temporary: true), secretAccessKey: Identifiers.secretAccessKey(),
            accountID: account, principalKind: kind, principalID: approver.uniqueID, name: approver.sessionName,
            issued: call.time.rounded(.down), expires: expires, mfaTime: approver.mfaTime)
        session.policy = request.permissionPolicy
        session.tags = approver.tags
        session.transitiveTagKeys = approver.transitiveTagKeys ?? []
        session.federatedProvider = approver.federatedProvider
        session.context = approver.context
        session.sourceIdentity = approver.sourceIdentity
        session.delegateAccountID = request.requestorID
        return Output(
            credentials: try STS.Credentials(session, call),
            packedPolicySize: try SessionPolicies.packedSize(of: session),
            assumedPrincipal: approver.arn)
    }
}
