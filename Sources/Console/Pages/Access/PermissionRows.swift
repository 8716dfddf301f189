import IAMAPI
import Pages
import Wire

/// A policy that somebody has, and from where.
struct PermissionRow: Sendable {
    let policyName: String
    /// The policy's own page; nil for an inline policy.
    var policyLink: String?
    /// `AWS managed`, `Customer managed`, `Inline`
    let policyKind: String
    /// The group that it comes from; nil: it is attached to the holder itself.
    var viaGroup: String?
    var viaLink: String?
    /// nil: it can't be detached here.
    var detachARN: String?
    /// nil: it is no inline policy of the holder's own.
    var inlineName: String?
    /// Where it is edited.
    var editLink: String?
    /// An inline policy's text; nil for managed ones, which have pages of their own.
    var document: String?

    init(_ policy: IAM.AttachedPolicy, via group: String? = nil) {
        let arn = policy.policyArn ?? ""
        policyName = policy.policyName ?? arn
        policyLink = Console.root + "policies/" + PercentEncoding.segment(arn)
        policyKind = arn.hasPrefix("arn:aws:iam::aws:") ? "AWS managed" : "Customer managed"
        setGroup(group)
        if group == nil { detachARN = arn }
    }

    init(inline name: String, document: String?, via group: String? = nil) {
        policyName = name
        policyKind = "Inline"
        self.document = document
        setGroup(group)
        if group == nil { inlineName = name }
    }

    private mutating func setGroup(_ group: String?) {
        viaGroup = group
        viaLink = group.map { Console.root + PolicyHolder(.groups, $0).path }
    }
}

/// All policies of a user or group, as far as the person may see them.
struct PermissionRows: Sendable {
    private(set) var rows: [PermissionRow] = []
    /// Why some are missing.
    private(set) var problems: [Problem] = []

    static func of(_ holder: PolicyHolder, _ visit: Visit) async -> PermissionRows {
        var all = PermissionRows()
        await all.add(holder, isOwn: true, visit)
        guard holder.kind == .users else { return all }
        let groups = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListGroupsForUser.self, .init { $0.userName = holder.name })
        }
        if let problem = groups.problem { all.problems.append(problem) }
        for group in groups.value ?? [] { await all.add(PolicyHolder(.groups, group.groupName), isOwn: false, visit) }
        return all
    }

    private mutating func add(_ holder: PolicyHolder, isOwn: Bool, _ visit: Visit) async {
        let via = isOwn ? nil : holder.name
        let attached = await visit.find { () throws(ServiceError) in try await holder.attached(visit) }
        rows += (attached.value ?? []).map { PermissionRow($0, via: via) }
        let names = await visit.find { () throws(ServiceError) in try await holder.inlineNames(visit) }
        problems += [attached.problem, names.problem].compactMap { $0 }
        for name in names.value ?? [] {
            let document = await visit.find { () throws(ServiceError) in try await holder.inline(name, visit) }
            if let problem = document.problem { problems.append(problem) }
            var row = PermissionRow(inline: name, document: document.value.map { PrettyJSON.text($0) }, via: via)
            row.editLink = holder.editorLink(name)
            rows.append(row)
        }
    }
}
