import Directory
import KeyMaterial
import Ledger
import Platform
import Wire

import struct Policy.PolicyDocument

// How keys and aliases look to AWS Config.
// <https://github.com/awslabs/aws-config-resource-schema>

extension ConfiguredResourceType {
    /// Keys of customers: AWS Config knows nothing of those that AWS manages.
    static let key = ConfiguredResourceType(
        Key.kind, of: Key.self,
        also: [
            // One that was given another key concerns both.
            Alias.kind: { (change, _) throws(ServiceError) in
                Set(try change.states(of: Alias.self).map(\.keyID)).sorted()
            }
        ],
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "kms", name.resource.hasPrefix("key/") else {
                return nil
            }
            return ConfiguredResource(Key.kind, name.lastPart, account: name.account, region: name.region)
        },
        item: { (key, state) throws(ServiceError) in
            guard !key.isAWSManaged else { return nil }
            var encryption: [JSONValue]?
            var signing: [JSONValue]?
            switch key.usage {
            case .encryptDecrypt: encryption = key.spec.encryptionAlgorithms.map { .string($0.rawValue) }
            case .signVerify: signing = key.spec.signingAlgorithms.map { .string($0.rawValue) }
            default: break
            }
            var expiration: JSONValue = .null
            if key.origin == .external, let material = key.currentMaterial, material.isThere {
                expiration = .string(
                    material.validTo == nil ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES")
            }
            return ConfigurationItem(
                Key.kind, id: key.id, name: key.id, arn: key.arn, account: key.accountID, region: key.region,
                availabilityZone: "Regional", created: key.creationDate, tags: key.tags,
                configuration: .members([
                    "awsaccountId": .string(key.accountID), "keyId": .string(key.id), "arn": .string(key.arn),
                    "creationDate": .time(key.creationDate), "enabled": .boolean(key.state == .enabled),
                    "description": .string(key.description), "keyUsage": .string(key.usage.rawValue),
                    "keyState": .string(key.state.rawValue),
                    "deletionDate": key.deletionDate.map { .time($0) } ?? .null,
                    "origin": .string(key.origin.rawValue), "expirationModel": expiration,
                    "keyManager": .string("CUSTOMER"), "customerMasterKeySpec": .string(key.spec.rawValue),
                    "keySpec": .string(key.spec.rawValue),
                    "encryptionAlgorithms": encryption.map { .array($0) } ?? .null,
                    "signingAlgorithms": signing.map { .array($0) } ?? .null,
                    "multiRegion": .boolean(key.multiRegion != nil),
                ]),
                supplementary: [
                    JSONMember(
                        key: "Aliases",
                        value: .array(
                            try state.referrers(Alias.self, Alias.toKey, to: key.id, in: key.scope).map { alias in
                                .members([
                                    "aliasName": .string(alias.id),
                                    "aliasArn": .string(ARN.text("kms", key.region, key.accountID, "", alias.id)),
                                    "targetKeyId": .string(key.id),
                                ])
                            })),
                    JSONMember(
                        key: "KeyPolicy",
                        value: .string(PolicyDocument.shown(key.policy, as: .resource, state.environment.directory))),
                    JSONMember(key: "KeyRotationStatus", value: .boolean(key.rotation != nil)),
                ])
        })

    static let keyAlias = ConfiguredResourceType(
        Alias.kind, of: Alias.self,
        placed: { (alias, resource, _) throws(ServiceError) in
            guard !alias.id.hasPrefix("alias/aws/") else { return nil }
            return ConfigurationItem(
                Alias.kind, id: alias.id, name: alias.id,
                arn: ARN.text("kms", resource.region, resource.account, "", alias.id), account: resource.account,
                region: resource.region, availabilityZone: "Regional", created: alias.creationDate,
                relationships: [.init("Is associated with Key", Key.kind, id: alias.keyID)],
                configuration: .members([
                    "AliasName": .string(alias.id), "TargetKeyId": .string(alias.keyID),
                ]))
        })
}
