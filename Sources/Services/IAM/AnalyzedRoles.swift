import Directory
import Ledger
import Platform

extension AnalyzedResourceType {
    /// Roles: who may assume them, as their trust policies say.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html#access-analyzer-iam-role>
    static let role = AnalyzedResourceType(
        Role.kind, actions: "sts", of: [],
        and: [
            "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetContext",
            "sts:SetSourceIdentity", "sts:TagSession",
        ], isGlobal: true, kinds: [Role.kind],
        concerned: { (change, _) throws(LedgerError) in
            let (old, new) = (try change.decodeBefore(Role.self), try change.decodeAfter(Role.self))
            // What a role may do is no matter of who may assume it.
            if let old, let new, old.trustPolicy == new.trustPolicy, old.tags == new.tags { return [] }
            return (new ?? old).map { [.resource($0.arn, account: $0.accountID, region: "")] } ?? []
        },
        list: { (account, _, after, limit, environment) throws(ServiceError) in
            guard environment.directory.isActive(account: account) else { return ([], nil) }
            let roles = environment.directory.roles(in: account, after: after, limit: limit)
            return (roles.map(\.entry.bare.arn), roles.count == limit ? roles.last?.id : nil)
        },
        fetch: { (arn, environment) throws(ServiceError) in
            let directory = environment.directory
            guard let name = ARN(parsing: arn), directory.isActive(account: name.account),
                let role = directory.roleEntry(named: name.lastPart, in: name.account)?.bare, role.arn == arn
            else { return nil }
            var resource = AnalyzedResource(
                arn: arn, type: Role.kind, owner: role.accountID,
                policy: directory.trustPolicy(ofRoleWithUniqueID: role.uniqueID))
            resource.tags = role.tags
            return resource
        })
}
