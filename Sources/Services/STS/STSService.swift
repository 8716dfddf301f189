public import Platform
import STSAPI

extension Service {
    /// AWS Security Token Service: the operations that are built.
    public static let sts = Service(
        STS.service, eventSource: "sts.amazonaws.com",
        operations: [
            STS.GetCallerIdentity.self, STS.GetSessionToken.self, STS.AssumeRole.self,
            STS.AssumeRoleWithWebIdentity.self, STS.GetAccessKeyInfo.self,
            STS.DecodeAuthorizationMessage.self, STS.GetFederationToken.self,
            STS.AssumeRoleWithSAML.self, STS.AssumeRoot.self, STS.GetWebIdentityToken.self,
            STS.GetDelegatedAccessToken.self,
        ],
        eventResources: ["RoleArn": "AWS::IAM::Role"], listsResourcesInRecords: true)
}
