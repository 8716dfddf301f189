import Policy
import Reasoning

// Users and roles that a holder can make, give policies, and act as.

extension EscalationSearch {
    func creations(by actor: Holder, isNew: (Holder) -> Bool) -> [Change] {
        ["Role", "User"].flatMap { creations(of: $0, by: actor, isNew) }
    }

    private func creations(of kind: String, by actor: Holder, _ isNew: (Holder) -> Bool) -> [Change] {
        let create = "iam:Create\(kind)"
        guard may(actor, create), kind == "Role" || may(actor, "iam:CreateAccessKey") else { return [] }
        var found: [Change] = []
        for filling in fillings(of: kind, by: actor) {
            // Without a boundary, or with one that the policies want.
            for boundary in boundaries(for: actor) {
                guard let made = make(kind, boundary, filling, by: actor) else { continue }
                found.append(made)
                if isNew(made.result) { break }
            }
        }
        // Of several policies that can be attached, one that brings something new.
        let byMethod = Dictionary(grouping: found, by: \.method)
        return byMethod.values.compactMap { changes in changes.first { isNew($0.result) } ?? changes.first }
            .sorted { $0.method < $1.method }
    }

    /// What a new user or role can be given.
    private struct Filling {
        let action: String
        /// nil: the new user or role itself.
        var resource: String?
        var context: [String: String] = [:]
        let policies: [(CompiledPolicy, arn: String?)]
    }

    private func fillings(of kind: String, by actor: Holder) -> [Filling] {
        var found: [Filling] = []
        if may(actor, "iam:Put\(kind)Policy") {
            found.append(Filling(action: "iam:Put\(kind)Policy", policies: [(Self.everything, nil)]))
        }
        let attach = "iam:Attach\(kind)Policy"
        if may(actor, attach) {
            let pattern = "arn:aws:iam::\(actor.member.principal.accountID):\(kind.lowercased())/*"
            for arn in attachable(member: actor.member) {
                let target = AccessTarget([attach], on: [pattern]).with(["iam:policyarn": arn])
                guard !checks.access(of: caller(actor), to: target).isNo, let policy = managedPolicy(arn) else {
                    continue
                }
                found.append(Filling(action: attach, context: ["iam:policyarn": arn], policies: [(policy, arn)]))
                if arn == Self.administratorAccess { break }
            }
        }
        if kind == "User", may(actor, "iam:AddUserToGroup") {
            for (group, policies) in estate.groups.sorted(by: { $0.key < $1.key })
            where group.accountInARN == actor.member.principal.accountID && !policies.isEmpty {
                found.append(
                    Filling(
                        action: "iam:AddUserToGroup", resource: group, policies: policies.map { ($0.policy, $0.arn) }))
            }
        }
        return found
    }

    private func boundaries(for actor: Holder) -> [String?] {
        guard caller(actor).policies.conditionKeys.contains("iam:permissionsboundary") else { return [nil] }
        let account = actor.member.principal.accountID
        return [nil, Self.administratorAccess] + estate.policies.keys.filter { $0.accountInARN == account }.sorted()
    }

    private func make(_ kind: String, _ boundary: String?, _ filling: Filling, by actor: Holder) -> Change? {
        let account = actor.member.principal.accountID
        let pattern = "arn:aws:iam::\(account):\(kind.lowercased())/*"
        let facts = ResourceFacts(boundary: boundary)
        var asked = [
            Asked(
                action: "iam:Create\(kind)", resource: pattern,
                context: boundary.map { ["iam:permissionsboundary": $0] } ?? [:], facts: facts),
            Asked(
                action: filling.action, resource: filling.resource ?? pattern, context: filling.context,
                facts: filling.resource == nil ? facts : ResourceFacts(tags: [:])),
        ]
        if kind == "User" { asked.append(Asked(action: "iam:CreateAccessKey", resource: pattern, facts: facts)) }
        guard case .requests(var requests) = ask(actor, asked), let arn = requests.first?.witness.request.resource
        else {
            return nil
        }
        let name = String(arn.split(separator: "/").last ?? "")
        let isRole = kind == "Role"
        let principal =
            isRole
            ? Principal(
                kind: .roleSession, arn: "arn:aws:sts::\(account):assumed-role/\(name)/session", accountID: account,
                roleARN: arn)
            : Principal(kind: .user, arn: arn, accountID: account)
        var member = Estate.Member(
            principal, arn: arn,
            policies: filling.policies.map { Estate.HeldPolicy($0.0, holder: filling.resource ?? arn, arn: $0.arn) })
        member.boundary = boundary.map { arn in
            Estate.Boundary(arn: arn, policy: managedPolicy(arn).map(Self.boundary))
        }
        member.serviceControl = actor.member.serviceControl
        var method = asked.map(\.action)
        if isRole {
            let trust = Self.trust(naming: actor.member.principal.arn)
            member.trust = trust
            let facts = ResourceFacts(tags: [:], trust: trust)
            guard let witness = ask(actor, "sts:AssumeRole", on: arn, facts).witness else { return nil }
            requests.append(request(witness, by: actor, trust: trust))
            method.append("sts:AssumeRole")
        }
        return Change(
            method: method.joined(separator: ", "), requests: requests,
            effect: "makes the \(kind.lowercased()) \(arn) and acts as it",
            result: Holder(member, change: "new \(filling.action) \(boundary ?? "")"))
    }
}
