import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

let kmsSamples = Samples(
    texts: [
        "AliasName": "alias/x", "DestinationKeyId": keyID, "GrantId": grantID, "GranteePrincipal": granteeARN,
        "KeyId": keyID, "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Operations": "Encrypt",
        "Origin": "AWS_KMS", "PrimaryRegion": "eu-west-1", "ReplicaRegion": "eu-west-1",
        "RetiringPrincipal": granteeARN, "SourceKeyId": keyID, "TagKey": "a", "TagKeys": "a", "TagValue": "b",
        "TargetKeyId": otherKeyID,
    ],
    absent: [
        "CustomerMasterKeySpec", "CustomKeyStoreId", "GranteeServicePrincipal", "GrantToken", "GrantTokens",
        "RetiringServicePrincipal", "XksKeyId",
    ],
    furnish: { environment in try await furnish(environment) })

private let account = Samples.account
private let granteeARN = "arn:aws:iam::\(account):user/x"
private let keyID = "mrk-00000000000000000000000000000001"
private let otherKeyID = "mrk-00000000000000000000000000000002"
private let grantID = String(repeating: "0", count: 64)

/// Two keys with a replica, an alias and a grant, all that operations look up.
private func furnish(_ environment: Environment) async throws {
    @Sendable func key(_ id: String, in region: String) -> Key {
        Key(
            id: id, accountID: account, region: region, creationDate: Samples.time, spec: .symmetricDefault,
            usage: .encryptDecrypt, origin: .kms, policy: KeyPolicies.standard(account),
            tags: [Tag(key: "a", value: "b")], state: .enabled,
            multiRegion: Key.MultiRegion(primaryRegion: "us-east-1", replicaRegions: ["eu-west-1"]))
    }
    let grant = Grant(
        id: grantID, keyID: keyID, grantee: granteeARN, retiring: nil, retiringAccountID: nil, operations: ["Encrypt"],
        equals: nil, subset: ["x": "x"], sourceARN: nil, name: nil, issuer: account, creationDate: Samples.time,
        tokenKey: Data())
    try await environment.write(Scope(account: account, region: "us-east-1"), requestID: "") {
        (records) throws(ServiceError) in
        for id in [keyID, otherKeyID] {
            try records.put(key(id, in: "us-east-1"))
            try records.of(region: "eu-west-1").put(key(id, in: "eu-west-1"))
        }
        for (name, id) in [("alias/x", keyID), ("alias/y", otherKeyID)] {
            try records.put(
                Alias(id: name, keyID: id, creationDate: Samples.time, lastUpdatedDate: Samples.time))
        }
        try records.put(grant)
    }
}
