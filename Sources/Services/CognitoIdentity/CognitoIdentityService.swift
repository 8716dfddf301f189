import CognitoIdentityAPI
import Directory
public import Platform
import Policy
import Wire

extension ServiceModule {
    /// Amazon Cognito identity pools.
    /// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/Welcome.html>
    public static let cognitoIdentity = ServiceModule(
        CognitoIdentity.self,
        operations: poolOperations + identityOperations,
        events: EventParticulars(
            source: IdentityPool.provider, listsResources: true, dataEvents: dataEvents, hiddenMembers: ["Logins"],
            found: resources),
        records: [IdentityPool.self, TokenKeys.self], tables: [PooledIdentity.self, SpentAssertion.self],
        projections: [IdentityPoolIndex.self, TokenKeyring.self], resourceTypes: [.identityPool, .publicOperations],
        configuredResources: [.identityPool],
        jobs: [DeleteIdentitiesOfPool.self], quotas: [.identityPools], paths: [.tokenKeys, .tokenDiscovery],
        samples: identitySamples, admits: { (call) throws(ServiceError) in try admit(call) },
        tokens: .ofIdentityPools)

    /// Of administrators: pools.
    private static let poolOperations: [any Platform.Operation.Type] = [
        CognitoIdentity.CreateIdentityPool.self, CognitoIdentity.DescribeIdentityPool.self,
        CognitoIdentity.UpdateIdentityPool.self, CognitoIdentity.DeleteIdentityPool.self,
        CognitoIdentity.ListIdentityPools.self, CognitoIdentity.SetIdentityPoolRoles.self,
        CognitoIdentity.GetIdentityPoolRoles.self, CognitoIdentity.SetPrincipalTagAttributeMap.self,
        CognitoIdentity.GetPrincipalTagAttributeMap.self, CognitoIdentity.TagResource.self,
        CognitoIdentity.UntagResource.self, CognitoIdentity.ListTagsForResource.self,
    ]

    /// Of users and of their applications' servers: identities.
    private static let identityOperations: [any Platform.Operation.Type] = [
        CognitoIdentity.GetId.self, CognitoIdentity.GetCredentialsForIdentity.self,
        CognitoIdentity.GetOpenIdToken.self, CognitoIdentity.UnlinkIdentity.self,
        CognitoIdentity.GetOpenIdTokenForDeveloperIdentity.self, CognitoIdentity.LookupDeveloperIdentity.self,
        CognitoIdentity.MergeDeveloperIdentities.self, CognitoIdentity.UnlinkDeveloperIdentity.self,
        CognitoIdentity.DescribeIdentity.self, CognitoIdentity.ListIdentities.self,
        CognitoIdentity.DeleteIdentities.self,
    ]

    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/logging-using-cloudtrail.html>
    private static let dataEvents: Set<String> = [
        "GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "GetOpenIdTokenForDeveloperIdentity", "UnlinkIdentity",
    ]
}

extension Quota {
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>
    static let identityPools = Quota("IdentityPools", 1000)
}

extension ResourceType {
    static let identityPool = ResourceType("cognito-identity", "identitypool/", hasOwnTagKey: false) { _, arn, call in
        call.environment.identityPool(String(arn.resource.dropFirst("identitypool/".count))).flatMap { pool in
            pool.accountID == arn.account && pool.region == arn.region ? Resource(tags: pool.tags) : nil
        }
    }

    /// What needs no signature is allowed to everybody, but for what the organization's resource control policies deny.
    static let publicOperations = ResourceType("cognito-identity", "", hasOwnTagKey: false) { access, _, _ in
        access.resource == "*" ? Resource(policy: PublicAccessPolicy.compiled) : nil
    }
}

/// The identity pool that a data event is about.
private func resources(
    _ call: Call, _ accesses: [Access.Resolved], _ input: Structure?, _ output: Structure?
) -> [EventParticulars.Resource] {
    guard call.module.events.dataEvents.contains(call.operation) else { return [] }
    var id: String?
    if case .string(let text)? = input?["IdentityPoolId"] { id = text }
    if id == nil, case .string(let text)? = input?["IdentityId"] {
        id = call.environment.identityPool(ofIdentity: text)?.id
    }
    guard let id, let pool = call.environment.identityPool(id) else { return [] }
    return [EventParticulars.Resource(pool.arn, "AWS::Cognito::IdentityPool", account: pool.accountID)]
}

/// Who got credentials from an identity pool can't ask identity pools for anything with them.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#access-policies>
private func admit(_ call: Call) throws(ServiceError) {
    guard call.caller.session?.context?["\(IdentityPool.provider):aud"] != nil else { return }
    throw .accessDenied(
        "User: \(call.caller.arn) is not authorized to perform: \(call.service):\(call.operation) with credentials of an "
            + "identity pool")
}
