public import Platform
import STSAPI
import Wire

extension ServiceModule {
    /// AWS Security Token Service.
    public static let sts = ServiceModule(
        STS.self,
        operations: [
            STS.GetCallerIdentity.self, STS.GetSessionToken.self, STS.AssumeRole.self,
            STS.AssumeRoleWithWebIdentity.self, STS.GetAccessKeyInfo.self,
            STS.DecodeAuthorizationMessage.self, STS.GetFederationToken.self,
            STS.AssumeRoleWithSAML.self, STS.AssumeRoot.self, STS.GetWebIdentityToken.self,
            STS.GetDelegatedAccessToken.self,
        ],
        events: EventParticulars(
            source: "sts.amazonaws.com", resources: ["RoleArn": "AWS::IAM::Role"], listsResources: true,
            hiddenMembers: ["SessionToken"]),
        paths: [.tokenIssuers], samples: stsSamples, admits: { (call) throws(ServiceError) in try admit(call) })
}

/// Credentials from GetSessionToken can call only AssumeRole and GetCallerIdentity; those from GetFederationToken only
/// the latter.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>
private func admit(_ call: Call) throws(ServiceError) {
    guard let session = call.caller.session, session.isUserToken, call.operation != "GetCallerIdentity" else { return }
    guard call.operation == "AssumeRole", session.principalKind != .federatedUser else {
        throw .accessDenied("Cannot call \(call.operation) with session credentials")
    }
}
