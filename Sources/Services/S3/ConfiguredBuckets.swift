import Directory
import Ledger
import Platform
import Wire

import struct Policy.PolicyDocument

// How buckets look to AWS Config, which has their parts by the names of an older SDK.
// <https://github.com/awslabs/aws-config-resource-schema>

extension ConfiguredResourceType {
    static let bucket = ConfiguredResourceType(
        Bucket.kind, kinds: [Bucket.kind, BucketConfiguration.kind],
        concerned: { (change, state) throws(ServiceError) in
            var buckets: [Bucket] = []
            if change.kind == Bucket.kind {
                buckets = try change.states(of: Bucket.self)
            } else if let name = change.id.split(separator: "/").first,
                let bucket = try state.get(Bucket.self, String(name), in: Scope(account: ""))
            {
                buckets = [bucket]
            }
            // One of the name may have been another account's.
            var found: [ConfiguredResource] = []
            for bucket in buckets where bucket.zone == nil && !found.contains(bucket.configured) {
                found.append(bucket.configured)
            }
            return found
        },
        list: { (account, region, after, limit, records) throws(ServiceError) in
            let buckets = try records.shared.referrers(
                Bucket.self, Bucket.Relation.owner, to: account, after: after, limit: limit)
            return (
                buckets.filter { $0.region == region }.map(\.configured),
                buckets.count == limit ? buckets.last?.id : nil
            )
        },
        named: { (arn, environment) in
            let start = "arn:aws:s3:::"
            guard arn.hasPrefix(start) else { return nil }
            let name = String(arn.dropFirst(start.count))
            return environment.projection(BucketIndex.self).bucket(name)?.bucket.configured
        },
        item: { (resource, state) throws(ServiceError) in
            guard let bucket = try state.get(Bucket.self, resource.record, in: Scope(account: "")),
                bucket.configured == resource
            else { return nil }
            return ConfigurationItem(
                Bucket.kind, id: bucket.name, name: bucket.name, arn: bucket.arn, account: bucket.accountID,
                region: bucket.region, availabilityZone: "Regional", created: bucket.creationDate, tags: bucket.tags,
                configuration: .members([
                    "name": .string(bucket.name), "owner": owner(bucket.accountID),
                    "creationDate": .time(bucket.creationDate),
                ]), supplementary: try supplementary(bucket, state))
        })

    /// What an account has blocked for all of its buckets. It is the same in each Region, and recorded in each.
    static let accountPublicAccessBlock = ConfiguredResourceType(
        AccountPublicAccessBlock.kind, kinds: [AccountPublicAccessBlock.kind],
        concerned: { (change, _) throws(ServiceError) in
            [ConfiguredResource(AccountPublicAccessBlock.kind, change.id, account: change.id, region: "")]
        },
        list: { (account, _, after, _, records) throws(ServiceError) in
            guard after == nil, try records.shared.get(AccountPublicAccessBlock.self, account) != nil else {
                return ([], nil)
            }
            return ([ConfiguredResource(AccountPublicAccessBlock.kind, account, account: account, region: "")], nil)
        },
        item: { (resource, state) throws(ServiceError) in
            guard
                let kept = try state.get(AccountPublicAccessBlock.self, resource.record, in: Scope(account: ""))
            else { return nil }
            return ConfigurationItem(
                AccountPublicAccessBlock.kind, id: kept.accountID, arn: nil, account: kept.accountID, region: "",
                availabilityZone: "Not Applicable", configuration: blocked(kept.block))
        })

    private static func owner(_ account: String) -> JSONValue {
        .members(["displayName": .null, "id": .string(CanonicalUser.id(ofAccount: account))])
    }

    private static func blocked(_ block: PublicAccessBlock) -> JSONValue {
        .members([
            "blockPublicAcls": .boolean(block.blockPublicAcls), "ignorePublicAcls": .boolean(block.ignorePublicAcls),
            "blockPublicPolicy": .boolean(block.blockPublicPolicy),
            "restrictPublicBuckets": .boolean(block.restrictPublicBuckets),
        ])
    }

    // MARK: Supplementary configuration

    private static func supplementary(
        _ bucket: Bucket, _ state: RecordedState
    ) throws(ServiceError) -> [JSONMember] {
        func told(_ subject: BucketConfiguration.Subject) throws(ServiceError) -> JSONValue? {
            let kept = try state.get(
                BucketConfiguration.self, BucketConfiguration.id(bucket.name, subject), in: Scope(account: ""))
            return kept.flatMap { try? JSONValue(parsing: Array($0.json.utf8)) }
        }
        let versioning: String =
            switch bucket.versioning {
            case .never: "Off"
            case .enabled, .suspended: bucket.versioning.rawValue
            }
        let logging = try told(.logging)?["LoggingEnabled"]
        let usual: JSONValue = .members([
            "rules": .array([
                .members([
                    "applyServerSideEncryptionByDefault": .members([
                        "sseAlgorithm": .string("AES256"), "kmsMasterKeyID": .null,
                    ]), "bucketKeyEnabled": .boolean(false),
                ])
            ])
        ])
        let parts: JSONValue = .members([
            // The SDK of AWS Config writes this one as a text.
            "AccessControlList": .string(list(bucket).jsonText),
            "BucketAccelerateConfiguration": .members(["status": try told(.accelerate)?["Status"] ?? .null]),
            "BucketCrossOriginConfiguration": try told(.cors).map(BucketParts.crossOrigin),
            "BucketLifecycleConfiguration": try told(.lifecycle).map(BucketParts.lifecycle),
            "BucketLoggingConfiguration": .members([
                "destinationBucketName": logging?["TargetBucket"] ?? .null,
                "logFilePrefix": logging?["TargetPrefix"] ?? .null,
            ]),
            "BucketNotificationConfiguration": BucketParts.notifications(try told(.notification)),
            "BucketPolicy": .members(["policyText": .perhaps(policy(bucket, state)) ?? .null]),
            "BucketReplicationConfiguration": try told(.replication).map(BucketParts.replication),
            "BucketTaggingConfiguration": bucket.tags.isEmpty
                ? nil
                : .members([
                    "tagSets": .array([
                        .members([
                            "tags": .object(bucket.tags.map { JSONMember(key: $0.key, value: .string($0.value)) })
                        ])
                    ])
                ]),
            "BucketVersioningConfiguration": .members([
                "status": .string(versioning),
                "isMfaDeleteEnabled": bucket.mfaDelete.map { .boolean($0) } ?? .null,
            ]),
            "BucketWebsiteConfiguration": try told(.website).map(BucketParts.website),
            "IsRequesterPaysEnabled": .boolean(try told(.requestPayment)?["Payer"] == .string("Requester")),
            "ObjectLockConfiguration": bucket.hasObjectLock ? lock(bucket) : nil,
            "PublicAccessBlockConfiguration": bucket.publicAccessBlock.map(blocked),
            "ServerSideEncryptionConfiguration": try told(.encryption).map(BucketParts.encryption) ?? usual,
        ])
        guard case .object(let members) = parts else { return [] }
        return members
    }

    private static func policy(_ bucket: Bucket, _ state: RecordedState) -> String? {
        bucket.policy.map { PolicyDocument.shown($0, as: .resource, state.environment.directory) }
    }

    private static func list(_ bucket: Bucket) -> JSONValue {
        let list = (bucket.enforcesOwner ? nil : bucket.acl) ?? .ofOwner(bucket.accountID)
        let grants = list.grants.map { grant in
            let grantee: JSONValue =
                switch grant.grantee {
                case .account(let account): owner(account)
                case .other(let id): .members(["displayName": .null, "id": .string(id)])
                case .group(let group): .string(String(group.rawValue.drop { $0 != "/" }.dropFirst()))
                }
            let permission =
                switch grant.permission {
                case .fullControl: "FullControl"
                case .write: "Write"
                case .writeACP: "WriteAcp"
                case .read: "Read"
                case .readACP: "ReadAcp"
                }
            return JSONValue.members(["grantee": grantee, "permission": .string(permission)])
        }
        return .members([
            "grantSet": .null, "grantList": .array(grants), "owner": owner(bucket.accountID),
            "isRequesterCharged": .boolean(false),
        ])
    }

    private static func lock(_ bucket: Bucket) -> JSONValue {
        let retention = bucket.defaultRetention.map { kept in
            JSONValue.members([
                "defaultRetention": .members([
                    "mode": .string(kept.mode.rawValue), "days": .integer(kept.days), "years": .null,
                ])
            ])
        }
        return .members(["objectLockEnabled": .string("Enabled"), "rule": retention ?? .null])
    }
}

extension Bucket {
    fileprivate var configured: ConfiguredResource {
        ConfiguredResource(Self.kind, name, account: accountID, region: region)
    }
}
