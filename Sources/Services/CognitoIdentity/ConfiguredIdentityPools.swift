import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Identity pools.
    static let identityPool = ConfiguredResourceType(
        IdentityPool.kind, of: IdentityPool.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "cognito-identity" else { return nil }
            return ConfiguredResource(IdentityPool.kind, name.lastPart, account: name.account, region: name.region)
        },
        item: { (pool, _) throws(ServiceError) in
            let settings = pool.settings
            return ConfigurationItem(
                IdentityPool.kind, id: pool.id, name: settings.name,
                arn: ARN.text("cognito-identity", pool.region, pool.accountID, "identitypool/", pool.id),
                account: pool.accountID, region: pool.region, availabilityZone: "Regional", created: pool.created,
                tags: pool.tags,
                configuration: .members([
                    "Id": .string(pool.id), "Name": .string(settings.name), "IdentityPoolName": .string(settings.name),
                    "AllowUnauthenticatedIdentities": .boolean(settings.allowsGuests),
                    "AllowClassicFlow": .boolean(settings.allowsClassicFlow),
                    "DeveloperProviderName": .perhaps(settings.developerProvider),
                    "OpenIdConnectProviderARNs": .array(settings.openIDProviderARNs.map { .string($0) }),
                    "SamlProviderARNs": .array(settings.samlProviderARNs.map { .string($0) }),
                    "CognitoIdentityProviders": .array(
                        settings.userPools.map {
                            .members([
                                "ProviderName": .string($0.providerName), "ClientId": .string($0.clientID),
                                "ServerSideTokenCheck": .boolean($0.asksUserPool),
                            ])
                        }),
                ]))
        })
}
