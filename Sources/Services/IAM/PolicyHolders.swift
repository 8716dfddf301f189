import Directory
import Platform
import Wire

/// What policies can be put into and attached to: users, groups and roles.
protocol PolicyHolder: Identity {
    /// `User`, in texts.
    static var typeName: String { get }
    /// The length of all its inline policies together.
    static var inlinePolicySize: Quota { get }
    static var attachedPolicyCount: Quota { get }
    /// - Throws: UnmodifiableEntity for what is not its account's to change.
    func requireChangeable() throws(ServiceError)
}

extension PolicyHolder {
    func requireChangeable() {}
}

extension User: PolicyHolder {
    static var typeName: String { "User" }
    static var inlinePolicySize: Quota { .userPolicySize }
    static var attachedPolicyCount: Quota { .attachedPoliciesPerUser }
}

extension Group: PolicyHolder {
    static var typeName: String { "Group" }
    static var inlinePolicySize: Quota { .groupPolicySize }
    static var attachedPolicyCount: Quota { .attachedPoliciesPerGroup }
}

extension Role: PolicyHolder {
    static var typeName: String { "Role" }
    static var inlinePolicySize: Quota { .rolePolicySize }
    static var attachedPolicyCount: Quota { .attachedPoliciesPerRole }

    /// Service-linked roles are their service's.
    func requireChangeable() throws(ServiceError) {
        guard !isServiceLinked else { throw .unmodifiable(self) }
    }
}

extension MutableRecords {
    /// Renames or moves a user or group.
    /// - Throws: EntityAlreadyExists when another has the name.
    func change<Holder: PolicyHolder>(
        _ old: Holder, toName name: String?, toPath path: String?
    ) throws(ServiceError) {
        var new = old
        if let path { new.path = path }
        if let name {
            new.name = name
            if new.id != old.id {
                guard try get(Holder.self, new.id) == nil else {
                    throw .entityAlreadyExists("\(Holder.typeName) with name \(name) already exists.")
                }
                try delete(old)
            }
        }
        try put(new)
    }
}
