import Policy
import Reasoning

/// A change after which somebody may do more.
struct Change {
    let method: String
    let requests: [EscalationPath.Request]
    let effect: String
    let result: Holder
}

// What a holder can change about what binds a user or role: itself, or one that it acts as already.

extension EscalationSearch {
    /// The changes that an actor can make to what binds somebody.
    ///
    /// - Parameter isNew: whether what comes of a change may do more than before; where there is a choice, such as of
    /// the policy   that is attached, the first that brings something new is taken.
    func changes(of target: Holder, by actor: Holder, isNew: (Holder) -> Bool) -> [Change] {
        var found: [Change] = []
        found += additions(to: target, by: actor, isNew)
        found += versions(of: target, by: actor, isNew)
        found += boundaryChanges(of: target, by: actor, isNew)
        found += removals(from: target, by: actor)
        found += tagChanges(of: target, by: actor)
        return found
    }

    private func change(
        _ actor: Holder, _ action: String, on resource: String, saying context: [String: String] = [:],
        _ facts: ResourceFacts, _ effect: String, _ result: () -> Holder
    ) -> Change? {
        guard may(actor, action), let witness = ask(actor, action, on: resource, saying: context, facts).witness else {
            return nil
        }
        return Change(method: action, requests: [request(witness, by: actor)], effect: effect, result: result())
    }

    // MARK: More policies

    private func additions(to target: Holder, by actor: Holder, _ isNew: (Holder) -> Bool) -> [Change] {
        let member = target.member
        let kind = member.isRole ? "Role" : "User"
        var found: [Change?] = []
        func put(_ action: String, on holder: String, _ facts: ResourceFacts) {
            found.append(
                change(actor, action, on: holder, facts, "gives \(holder) a policy that allows everything") {
                    target.changed("+everything") {
                        $0.policies.append(Estate.HeldPolicy(Self.everything, holder: holder))
                    }
                })
        }
        put("iam:Put\(kind)Policy", on: member.arn, ResourceFacts(member))
        found.append(attach("iam:Attach\(kind)Policy", on: member.arn, ResourceFacts(member), target, actor, isNew))
        for group in member.groups {
            put("iam:PutGroupPolicy", on: group, ResourceFacts(tags: [:]))
            found.append(attach("iam:AttachGroupPolicy", on: group, ResourceFacts(tags: [:]), target, actor, isNew))
        }
        if !member.isRole, may(actor, "iam:AddUserToGroup") {
            for (group, policies) in estate.groups.sorted(by: { $0.key < $1.key })
            where !member.groups.contains(group) && group.accountInARN == member.arn.accountInARN {
                found.append(
                    change(
                        actor, "iam:AddUserToGroup", on: group, ResourceFacts(tags: [:]),
                        "makes \(member.arn) a member of \(group)"
                    ) {
                        target.changed("+\(group)") {
                            $0.policies += policies
                            $0.groups.append(group)
                        }
                    })
            }
        }
        return found.compactMap { $0 }
    }

    /// The first policy that may be attached and brings something new; else the first that may be attached.
    private func attach(
        _ action: String, on holder: String, _ facts: ResourceFacts, _ target: Holder, _ actor: Holder,
        _ isNew: (Holder) -> Bool
    ) -> Change? {
        // Whether any policy at all may be.
        guard may(actor, action), ask(actor, action, on: holder, facts).witness != nil else { return nil }
        var first: Change?
        for arn in attachable(member: target.member) {
            guard let policy = managedPolicy(arn) else { continue }
            let attached = change(
                actor, action, on: holder, saying: ["iam:policyarn": arn], facts, "attaches \(arn) to \(holder)"
            ) {
                target.changed("+\(arn)") {
                    $0.policies.append(Estate.HeldPolicy(policy, holder: holder, arn: arn))
                }
            }
            guard let attached else { continue }
            if isNew(attached.result) { return attached }
            first = first ?? attached
            // Nothing gives more than everything.
            if arn == Self.administratorAccess { return first }
        }
        return first
    }

    static let administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"

    /// The managed policies that a user or role can get, that which allows most first.
    func attachable(member: Estate.Member) -> [String] {
        let own = estate.policies.keys.filter { $0.accountInARN == member.arn.accountInARN }.sorted()
        return [Self.administratorAccess] + own + awsPolicies.filter { $0 != Self.administratorAccess }
    }

    // MARK: Other versions of policies

    private func versions(of target: Holder, by actor: Holder, _ isNew: (Holder) -> Bool) -> [Change] {
        let attached = Set(target.member.policies.compactMap(\.arn)).filter { estate.policies[$0] != nil }.sorted()
        return attached.flatMap { arn in
            versions(ofPolicy: arn, by: actor, isNew) { policy, name in
                target.changed("\(arn)=\(name)") { member in
                    for index in member.policies.indices where member.policies[index].arn == arn {
                        member.policies[index].policy = policy
                    }
                }
            }
        }
    }

    /// - Parameter result: what comes of a version of the policy.
    private func versions(
        ofPolicy arn: String, by actor: Holder, _ isNew: (Holder) -> Bool,
        _ result: (CompiledPolicy, String) -> Holder
    ) -> [Change] {
        // AWS's own can't be changed.
        guard let policy = estate.policies[arn], arn.accountInARN != "aws" else { return [] }
        var found: [Change?] = [
            change(
                actor, "iam:CreatePolicyVersion", on: arn, ResourceFacts(),
                "makes a version of \(arn) that allows everything the default"
            ) { result(Self.everything, "everything") }
        ]
        if may(actor, "iam:SetDefaultPolicyVersion") {
            let changes = policy.otherVersions.compactMap { version in
                change(
                    actor, "iam:SetDefaultPolicyVersion", on: arn, ResourceFacts(),
                    "makes version \(version.id) of \(arn) the default"
                ) { result(version.policy, version.id) }
            }
            found.append(changes.first { isNew($0.result) } ?? changes.first)
        }
        return found.compactMap { $0 }
    }

    // MARK: The boundary

    private func boundaryChanges(of target: Holder, by actor: Holder, _ isNew: (Holder) -> Bool) -> [Change] {
        let member = target.member
        guard let boundary = member.boundary else { return [] }
        let kind = member.isRole ? "Role" : "User"
        var found: [Change?] = [
            change(
                actor, "iam:Delete\(kind)PermissionsBoundary", on: member.arn, ResourceFacts(member),
                "takes the permissions boundary from \(member.arn)"
            ) { target.changed("-boundary") { $0.boundary = nil } }
        ]
        let put = "iam:Put\(kind)PermissionsBoundary"
        if may(actor, put) {
            var first: Change?
            for arn in [Self.administratorAccess] + estate.policies.keys.sorted()
            where arn != boundary.arn
                && (arn == Self.administratorAccess || arn.accountInARN == member.arn.accountInARN)
            {
                guard let policy = managedPolicy(arn) else { continue }
                var facts = ResourceFacts(member)
                facts.boundary = arn
                let changed = change(
                    actor, put, on: member.arn, saying: ["iam:permissionsboundary": arn], facts,
                    "makes \(arn) the permissions boundary of \(member.arn)"
                ) {
                    target.changed("boundary=\(arn)") {
                        $0.boundary = Estate.Boundary(arn: arn, policy: Self.boundary(policy))
                    }
                }
                guard let changed else { continue }
                first = first ?? changed
                if isNew(changed.result) {
                    first = changed
                    break
                }
            }
            found.append(first)
        }
        found += versions(ofPolicy: boundary.arn, by: actor, isNew) { policy, name in
            target.changed("boundary \(boundary.arn)=\(name)") {
                $0.boundary = Estate.Boundary(arn: boundary.arn, policy: Self.boundary(policy))
            }
        }
        return found.compactMap { $0 }
    }

    /// A managed policy as a boundary.
    static func boundary(_ policy: CompiledPolicy) -> CompiledPolicy {
        let source = policy.source
        return CompiledPolicy(
            policy.document, source: PolicySource(type: .permissionsBoundary, name: source.name, arn: source.arn))
    }

    // MARK: What denies

    private func removals(from target: Holder, by actor: Holder) -> [Change] {
        let member = target.member
        let kind = member.isRole ? "Role" : "User"
        var found: [Change?] = []
        for (index, held) in member.policies.enumerated()
        where held.policy.document.statements.contains(where: { $0.effect == .deny }) {
            let isOfGroup = held.holder != member.arn
            let facts = isOfGroup ? ResourceFacts(tags: [:]) : ResourceFacts(member)
            let name = held.arn ?? held.policy.source.name
            let type = isOfGroup ? "Group" : kind
            found.append(
                change(
                    actor, held.arn == nil ? "iam:Delete\(type)Policy" : "iam:Detach\(type)Policy", on: held.holder,
                    saying: held.arn.map { ["iam:policyarn": $0] } ?? [:], facts,
                    "takes the policy \(name), which denies something, from \(held.holder)"
                ) { target.changed("-\(held.holder) \(name)") { $0.policies.remove(at: index) } })
            guard isOfGroup else { continue }
            found.append(
                change(
                    actor, "iam:RemoveUserFromGroup", on: held.holder, facts,
                    "leaves the group \(held.holder), whose policy denies something"
                ) {
                    target.changed("-\(held.holder)") {
                        $0.policies.removeAll { $0.holder == held.holder }
                        $0.groups.removeAll { $0 == held.holder }
                    }
                })
        }
        return found.compactMap { $0 }
    }

    // MARK: Tags

    /// Policies may go by the tags of who asks.
    private func tagChanges(of target: Holder, by actor: Holder) -> [Change] {
        let member = target.member
        let prefix = "aws:principaltag/"
        guard caller(target).policies.conditionKeys.contains(where: { $0.hasPrefix(prefix) }) else { return [] }
        let action = "iam:Tag\(member.isRole ? "Role" : "User")"
        guard may(actor, action) else { return [] }
        var inputs = member.inputs
        inputs.ignoresResourceSide = true
        // With any tags at all: which ones give something new, the request shows that they give.
        let free = bound(member, inputs, tags: .some(nil))
        guard let gain = checks.access(of: free, beyond: [held(target)]).witness else { return [] }
        var tags = member.tags
        var context: [String: String] = [:]
        for (key, value) in gain.context where key.hasPrefix(prefix) {
            guard case .one(let text) = value else { continue }
            let name = String(key.dropFirst(prefix.utf8.count))
            tags = tags.filter { $0.key.lowercased() != name }
            tags[name] = text
            context["aws:requesttag/\(name)"] = text
        }
        guard !context.isEmpty else { return [] }
        let words = context.keys.sorted().map { String($0.drop { $0 != "/" }.dropFirst()) }.joined(separator: ", ")
        return [
            change(
                actor, action, on: member.arn, saying: context, ResourceFacts(member), "tags \(member.arn): \(words)"
            ) { target.changed("tags") { $0.tags = tags } }
        ].compactMap { $0 }
    }
}
