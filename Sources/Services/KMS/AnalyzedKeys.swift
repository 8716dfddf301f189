import Directory
import Ledger
import Platform
import Policy

extension AnalyzedResourceType {
    /// Keys: their policies and grants. Those that AWS's services manage for an account are no matter of its own.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html#access-analyzer-kms-key>
    static let key = AnalyzedResourceType(
        Key.kind, actions: "kms", of: ["key"], kinds: [Key.kind, Grant.kind],
        concerned: { (change, _) throws(LedgerError) in
            let id: String?
            if change.kind == Key.kind {
                let (old, new) = (try change.decodeBefore(Key.self), try change.decodeAfter(Key.self))
                if let old, let new, old.policy == new.policy, old.tags == new.tags { return [] }
                id = change.id
            } else {
                id = try change.decodeAfter(Grant.self)?.keyID ?? change.decodeBefore(Grant.self)?.keyID
            }
            guard let id else { return [] }
            let (account, region) = (change.scope.account, change.scope.region)
            return [.resource(ARN.text("kms", region, account, "key/", id), account: account, region: region)]
        },
        list: { (account, region, after, limit, environment) async throws(ServiceError) in
            let ids = try await environment.read(Scope(account: account, region: region)) {
                (records) throws(ServiceError) in try records.listIDs(Key.self, after: after, limit: limit)
            }
            return (
                ids.map { ARN.text("kms", region, account, "key/", $0) }, ids.count == limit ? ids.last : nil
            )
        },
        fetch: { (arn, environment) async throws(ServiceError) in
            guard let entry = try await environment.projection(KeyIndex.self).key(arn, environment),
                !entry.key.isAWSManaged, environment.directory.isActive(account: entry.key.accountID)
            else { return nil }
            var resource = AnalyzedResource(
                arn: arn, type: Key.kind, owner: entry.key.accountID, policy: entry.policy)
            resource.tags = entry.key.tags
            resource.context = entry.context
            resource.grants = try await grants(of: entry.key, environment)
            return resource
        })

    /// All grants of a key, some hundreds at a time.
    private static func grants(of key: Key, _ environment: Environment) async throws(ServiceError) -> [KeyGrant] {
        let id = key.id
        var grants: [KeyGrant] = []
        var after: String?
        while true {
            let last = after
            let part = try await environment.read(key.scope) { (records) throws(ServiceError) in
                try records.referrers(Grant.self, Grant.ofKey, to: id, after: last, limit: 256)
            }
            grants += part.map(\.keyGrant)
            guard part.count == 256, let end = part.last else { return grants }
            after = end.id
        }
    }
}
