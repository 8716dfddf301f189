/// What the policies of an account's root, units and its own make together, level by level.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html>
package struct EffectivePolicy {
    /// One policy that is attached at a level.
    package struct Attached {
        let id: String
        let document: ManagementPolicyDocument

        package init(id: String, document: ManagementPolicyDocument) {
            self.id = id
            self.document = document
        }
    }

    package private(set) var root = EffectiveNode(name: "")

    /// - Parameter levels: root first; of each the policies in the order in which they were attached, since of two
    ///   that set the same setting at one level the first wins.
    package init(levels: [[Attached]]) {
        for policies in levels {
            root.merge(policies.map { EffectiveNode.Source(id: $0.id, node: $0.document.root) })
        }
    }
}

/// One place of an effective policy.
package struct EffectiveNode {
    /// As spelled by the first policy that mentions it.
    package let name: String
    package private(set) var value: SettingValue?
    /// In the order of their appearance.
    package private(set) var members: [EffectiveNode] = []
    private var places: [String: Int] = [:]
    /// The policies that speak of it.
    package private(set) var policyIDs: [String] = []
    /// What policies at lower levels may do here.
    private var allowed = Set(ValueOperator.allCases)

    /// What one policy says about this place.
    struct Source {
        var id: String
        var node: PolicyNode
    }

    init(name: String) { self.name = name }

    package func member(_ key: String) -> EffectiveNode? { places[key].map { members[$0] } }

    /// Whether there is nothing to show of it.
    package var isEmpty: Bool { value == nil && members.allSatisfy(\.isEmpty) }

    /// Takes in what the policies of one level say. They do not restrict each other, only what is below.
    mutating func merge(_ sources: [Source]) {
        for source in sources where !policyIDs.contains(source.id) { policyIDs.append(source.id) }
        setValue(sources)
        var isSeen: Set<String> = []
        for key in sources.flatMap({ $0.node.members.map(\.key) }) where isSeen.insert(key).inserted {
            let inside = sources.compactMap { source in
                source.node.member(key).map { Source(id: source.id, node: $0) }
            }
            guard let first = inside.first else { continue }
            if let place = places[key] {
                members[place].merge(inside)
            } else if allowed.contains(.assign) || allowed.contains(.append) {
                // Introducing something new counts as adding to what is here.
                var new = EffectiveNode(name: first.node.name)
                new.merge(inside)
                places[key] = members.count
                members.append(new)
            }
        }
        for case let restriction? in sources.map(\.node.allowedForChildren) { allowed.formIntersection(restriction) }
    }

    private mutating func setValue(_ sources: [Source]) {
        func settings(_ valueOperator: ValueOperator) -> [SettingValue] {
            allowed.contains(valueOperator) ? sources.compactMap { $0.node.operators[valueOperator] } : []
        }
        if let assigned = settings(.assign).first { value = assigned }
        for setting in settings(.append) {
            var values = value?.values ?? []
            var known = Set(values)
            for new in setting.values where known.insert(new).inserted { values.append(new) }
            value = .many(values)
        }
        for setting in settings(.remove) {
            guard case .many(let values) = value else { continue }
            let gone = Set(setting.values)
            let kept = values.filter { !gone.contains($0) }
            // What is emptied this way is as if it had never been set.
            if kept.count < values.count { value = kept.isEmpty ? nil : .many(kept) }
        }
    }
}
