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
            + accountOperations + authEventOperations,
        events: EventParticulars(source: "cognito-idp.amazonaws.com"),
        validation: ValidationRules(
            code: CognitoIDP.Failure.invalidParameterException.rawValue, ignoredMembers: ["Domain"]),
        records: [
            UserPool.self, UserPoolClient.self, PoolKeys.self, SigningKeys.self,
            UserPoolDomain.self, ResourceServer.self, UserPoolProvider.self,
            UICustomization.self, ManagedLoginBranding.self, TermsDocument.self,
            RiskConfiguration.self, LogDelivery.self, UserImport.self,
            GroupState.self,
        ],
        tables: [
            PoolUser.self, UserAlias.self, UserCode.self, Attempts.self, PoolGroup.self, GroupMember.self,
            TokenFamily.self, PoolDevice.self, ForgottenDevice.self, PoolPasskey.self, PasskeyChallenge.self,
            UsedSession.self, KeptSession.self, SignInFailures.self,
            BrandingAsset.self, ImportPart.self,
            AuthorizationCode.self, LoginSession.self,
            AuthEvent.self, PoolLogPart.self,
        ],
        projections: [PoolIndex.self, PoolPartIndex.self, PoolKeyring.self, CompromisedPasswords.self],
        resourceTypes: [.userPool], configuredResources: ConfiguredResourceType.userPools,
        jobs: [
            DeletePoolRows.self, RefreshMetadata.self, DeliverMessage.self, ForgetAttempts.self, RotatePoolKeys.self,
            ForgetTokenFamilies.self, ForgetSignIns.self, RunUserImport.self, ExpireUserImport.self,
            ForgetLoginTicket.self,
            AskSender.self,
            DeliverPoolLogs.self,
            ForgetAuthEvents.self,
        ],
        quotas: Quota.ofPools + Quota.requestRates,
        paths: [.poolDocuments, .logos] + PublicPath.eventFeedback,
        fronts: [ImportUpload.front],
        samples: cognitoIDPSamples, tokens: .ofUserPools, isScreened: true)
}

extension ResourceType {
    fileprivate static let userPool = ResourceType("cognito-idp", "userpool/", hasOwnTagKey: false) { _, arn, call in
        call.environment.userPool(String(arn.resource.dropFirst("userpool/".count))).flatMap { entry in
            entry.pool.accountID == arn.account && entry.pool.region == arn.region
                ? Resource(tags: entry.pool.tags) : nil
        }
    }
}
