import Directory
import Ledger
import Platform
import Wire

let identitySamples = Samples(
    texts: [
        "IdentityId": identityID, "IdentityIdsToDelete": identityID, "IdentityPoolId": poolID,
        "IdentityProviderName": "graph.facebook.com", "ResourceArn": poolARN, "RoleARN": roleARN,
        "DeveloperProviderName": "login.example", "MatchType": "Equals", "CustomRoleArn": roleARN,
        "AmbiguousRoleResolution": "Deny", "Roles": roleARN,
    ],
    // No made-up token proves a login.
    absent: ["Logins", "RoleMappings"],
    furnish: { environment in try await furnish(environment) },
    caller: { operation in
        let anonymous: Set = ["GetId", "GetCredentialsForIdentity", "GetOpenIdToken", "UnlinkIdentity"]
        return anonymous.contains(operation) ? Caller(accountID: account, identity: .anonymous) : nil
    })

private let account = Samples.account
private let poolID = "us-east-1:00000000-0000-4000-8000-000000000001"
private let identityID = "us-east-1:00000000-0000-4000-8000-000000000002"
private let roleARN = "arn:aws:iam::\(account):role/x"
private let poolARN = IdentityPool.arn(poolID, region: "us-east-1", account: account)

/// A pool with an identity.
private func furnish(_ environment: Environment) async throws {
    let settings = IdentityPool.Settings(
        name: "x", allowsGuests: true, allowsClassicFlow: true, loginProviders: ["graph.facebook.com": "1"],
        developerProvider: "login.example", openIDProviderARNs: [], userPools: [], samlProviderARNs: [])
    let pool = IdentityPool(
        id: poolID, accountID: account, region: "us-east-1", created: Samples.time, settings: settings,
        tags: [Tag(key: "a", value: "b")])
    let identity = PooledIdentity(id: identityID, in: pool, logins: [], at: Samples.time)
    try await environment.write(pool.scope, requestID: "") { (records) throws(ServiceError) in
        try records.put(pool)
        try records.put(identity)
    }
}
