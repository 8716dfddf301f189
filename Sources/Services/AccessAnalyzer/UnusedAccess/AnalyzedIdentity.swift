import Directory
import Learning
import Ledger
import Platform
import Wire

/// A user or role, as the search for unused access sees it.
struct AnalyzedIdentity: Sendable {
    /// A long-term credential, and since when there is one: seconds since 1970.
    struct Credential: Sendable {
        let id: String
        let created: Double
    }

    let resource: FoundResource
    let isRole: Bool
    /// Seconds since 1970.
    let created: Double
    let tags: [Tag]
    /// The access keys that are active.
    var keys: [Credential] = []
    /// Its password for the console.
    var password: Credential?
    /// What its policies could allow, whatever bounds them.
    let grants: ServiceGrants
    /// What it used last; nil: nothing.
    let usage: PrincipalUsage?
}

extension Environment {
    /// The user or role of a unique id; nil for one that is gone, and for a service-linked role, which nobody but its service can
    /// change.
    func analyzedIdentity(uniqueID: String) async throws(ServiceError) -> AnalyzedIdentity? {
        if let role = directory.role(uniqueID: uniqueID) {
            guard !role.isServiceLinked else { return nil }
            return AnalyzedIdentity(
                resource: FoundResource(arn: role.arn, type: Role.kind, owner: role.accountID), isRole: true,
                created: role.createDate, tags: role.tags, grants: grants(of: uniqueID),
                usage: usage.usage(of: uniqueID))
        }
        guard let user = directory.user(uniqueID: uniqueID) else { return nil }
        let (keys, password) = try await read(Scope(account: user.accountID)) { (records) throws(ServiceError) in
            (
                try records.referrers(AccessKey.self, Relation.owner, to: uniqueID),
                try records.get(LoginProfile.self, uniqueID)
            )
        }
        return AnalyzedIdentity(
            resource: FoundResource(arn: user.arn, type: User.kind, owner: user.accountID), isRole: false,
            created: user.createDate, tags: user.tags,
            keys: keys.filter(\.isActive).map { .init(id: $0.id, created: $0.createDate) },
            password: password.map { .init(id: $0.id, created: $0.createDate) }, grants: grants(of: uniqueID),
            usage: usage.usage(of: uniqueID))
    }

    /// What the identity-based policies of a user, those of its groups among them, or of a role could allow.
    private func grants(of uniqueID: String) -> ServiceGrants {
        ServiceGrants(directory.policies(bindingPrincipalWithUniqueID: uniqueID).identity.map(\.document))
    }

    /// The unique ids of an account's users and roles.
    func identities(of account: String) -> [String] {
        var ids: [String] = []
        var last: String?
        repeat {
            let page = directory.users(in: account, after: last, limit: 256)
            ids += page.map(\.entry.bare.uniqueID)
            last = page.last?.id
        } while last != nil
        repeat {
            let page = directory.roles(in: account, after: last, limit: 256)
            ids += page.map(\.entry.bare.uniqueID)
            last = page.last?.id
        } while last != nil
        return ids
    }
}
