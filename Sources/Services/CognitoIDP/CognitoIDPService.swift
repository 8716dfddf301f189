import CognitoIDPAPI
public import Platform
import Wire

extension ServiceModule {
    /// Amazon Cognito user pools.
    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/Welcome.html>
    public static let cognitoIDP = ServiceModule(
        CognitoIDP.self,
        operations: userPoolOperations + appClientOperations + domainOperations + resourceServerOperations
            + userPoolProviderOperations + appearanceOperations + protectionSettings + userOperations + signInOperations
            + accountOperations,
        events: EventParticulars(source: "cognito-idp.amazonaws.com"),
        validation: ValidationRules(
            code: CognitoIDP.Failure.invalidParameterException.rawValue, ignoredMembers: ["Domain"]),
        records: [
            UserPool.self, UserPoolClient.self, UserPoolDomain.self, ResourceServer.self, UserPoolProvider.self,
            UICustomization.self, ManagedLoginBranding.self, TermsDocument.self, RiskConfiguration.self,
            LogDelivery.self,
        ],
        tables: [PoolUser.self, UserAlias.self, PoolGroup.self, GroupMember.self, BrandingAsset.self],
        projections: [PoolIndex.self, PoolPartIndex.self], resourceTypes: [.userPool], jobs: [DeletePoolRows.self],
        quotas: Quota.ofPools)

    /// Of administrators and of users: users, groups, import.
    private static let userOperations: [any Platform.Operation.Type] = []

    /// Signing in and out.
    private static let signInOperations: [any Platform.Operation.Type] = []

    /// Of users who are signed in: devices, second factors, passkeys.
    private static let accountOperations: [any Platform.Operation.Type] = []
}

extension ResourceType {
    fileprivate static let userPool = ResourceType("cognito-idp", "userpool/", hasOwnTagKey: false) { _, arn, call in
        call.environment.userPool(String(arn.resource.dropFirst("userpool/".count))).flatMap { entry in
            entry.pool.accountID == arn.account && entry.pool.region == arn.region
                ? Resource(tags: entry.pool.tags) : nil
        }
    }
}
