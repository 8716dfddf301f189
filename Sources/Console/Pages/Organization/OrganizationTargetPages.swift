import OrganizationsAPI
import Pages
import Platform
import Wire

/// A root, a unit or an account: what is attached to it, and what binds it from above.
enum OrganizationTargetPages {
    static let routes: [Route] = [
        .get("organization/targets/{target}") { (visit) throws(ServiceError) in try await show(visit) }
    ]

    fileprivate struct Place {
        let id: String
        let name: String
        let link: String
    }

    /// One type of policy, with what stands at each level from the root down.
    private struct Kind {
        let kindTitle: String
        let kindType: String
        let isControl: Bool
        let levels: [Level]
        let kindProblem: Problem?
        /// What could be attached here, too.
        let candidates: [Entry]
    }

    fileprivate struct Level {
        let levelName: String
        let levelLink: String
        let isHere: Bool
        let entries: [Entry]
    }

    fileprivate struct Entry {
        let entryName: String
        let entryID: String
        let entryLink: String
    }

    private struct Child {
        let childName: String
        let childID: String
        let childLink: String
        let childKind: String
    }

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let target = visit["target"]
        let isAccount = target.utf8.count == 12 && target.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let root = await visit.attempt { () throws(ServiceError) in try await OrganizationLists.root(visit) }
        var content: [String: Any?] = [
            "target": target, "isAccount": isAccount, "isRoot": target.hasPrefix("r-"),
            "isUnit": !isAccount && !target.hasPrefix("r-"), "isContainer": !isAccount,
            "kind": isAccount ? "Account" : target.hasPrefix("r-") ? "Root" : "Organizational unit",
            "path": OrganizationLists.link(target), "rootProblem": root.problem,
        ]
        let name = await describe(target, isAccount: isAccount, root.value, &content, visit)
        content["pageName"] = name
        let place = Place(id: target, name: name, link: OrganizationLists.link(target))
        let way = await visit.attempt { () throws(ServiceError) in
            try await self.way(to: place, root.value, visit)
        }
        content["wayProblem"] = way.problem
        content["way"] = way.value.map { $0.dropLast().map { Level($0, isHere: false, entries: []) } }
        if let root = root.value, let way = way.value {
            var kinds: [Kind] = []
            for type in OrganizationPolicyTypes.enabled(root) { kinds.append(await kind(type, way, visit)) }
            content["kinds"] = kinds
            content["parent"] = way.dropLast().last?.id
        }
        if !isAccount {
            let children = await visit.attempt { () throws(ServiceError) in try await contents(of: target, visit) }
            content["children"] = children.value
            content["childProblem"] = children.problem
        }
        content["places"] = await places(root.value, except: target, visit)
        content["command"] = CLICommand.aws(
            "organizations", "list-policies-for-target",
            options: ["target-id": target, "filter": "SERVICE_CONTROL_POLICY"])
        return visit.page("organization-target", name, content)
    }

    /// What it is; returns its name.
    private static func describe(
        _ target: String, isAccount: Bool, _ root: Organizations.Root?, _ content: inout [String: Any?],
        _ visit: Visit
    ) async -> String {
        if isAccount {
            let found = await visit.attempt { () throws(ServiceError) in
                try await visit.call(Organizations.DescribeAccount.self, .init { $0.accountId = target }).account
            }
            let account = found.value ?? nil
            content["problem"] = found.problem
            content["email"] = account?.email
            content["state"] = account?.status
            content["isActive"] = account?.status == "ACTIVE"
            content["joined"] = account?.joinedTimestamp?.reading
            content["method"] = account?.joinedMethod
            content["targetARN"] = account?.arn
            return account?.name ?? target
        }
        if target.hasPrefix("r-") {
            content["targetARN"] = root?.arn
            return root?.name ?? target
        }
        let found = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                Organizations.DescribeOrganizationalUnit.self, .init { $0.organizationalUnitId = target }
            ).organizationalUnit
        }
        let unit = found.value ?? nil
        content["problem"] = found.problem
        content["targetARN"] = unit?.arn
        return unit?.name ?? target
    }

    /// From the root down to the target.
    private static func way(
        to target: Place, _ root: Organizations.Root?, _ visit: Visit
    ) async throws(ServiceError) -> [Place] {
        var way = [target]
        // Units nest five deep.
        for _ in 0..<8 {
            guard let lowest = way.first, !lowest.id.hasPrefix("r-") else { break }
            guard
                let parent = try await visit.call(Organizations.ListParents.self, .init { $0.childId = lowest.id })
                    .parents?.first?.id
            else { break }
            var name = root?.name ?? parent
            if !parent.hasPrefix("r-") {
                name =
                    try await visit.call(
                        Organizations.DescribeOrganizationalUnit.self, .init { $0.organizationalUnitId = parent }
                    ).organizationalUnit?.name ?? parent
            }
            way.insert(Place(id: parent, name: name, link: OrganizationLists.link(parent)), at: 0)
        }
        return way
    }

    private static func kind(_ type: String, _ way: [Place], _ visit: Visit) async -> Kind {
        let levels = await visit.attempt { () throws(ServiceError) in
            var levels: [Level] = []
            for place in way {
                let policies = try await OrganizationLists.policies(type, at: place.id, visit)
                levels.append(
                    Level(place, isHere: place.id == way.last?.id, entries: policies.map { Entry($0) }))
            }
            return levels
        }
        let all = await visit.attempt { () throws(ServiceError) in try await OrganizationLists.policies(type, visit) }
        let here = Set(levels.value?.last?.entries.map(\.entryID) ?? [])
        return Kind(
            kindTitle: OrganizationPolicyTypes.title(type), kindType: type,
            isControl: OrganizationPolicyTypes.isControl(type), levels: levels.value ?? [],
            kindProblem: levels.problem ?? all.problem,
            candidates: (all.value ?? []).map { Entry($0) }.filter { !here.contains($0.entryID) })
    }

    private static func contents(of target: String, _ visit: Visit) async throws(ServiceError) -> [Child] {
        let units = try await OrganizationLists.units(in: target, visit).map {
            Child(
                childName: $0.name ?? "", childID: $0.id ?? "", childLink: OrganizationLists.link($0.id ?? ""),
                childKind: "Organizational unit")
        }
        let accounts = try await OrganizationLists.accounts(in: target, visit).map {
            Child(
                childName: $0.name ?? "", childID: $0.id ?? "", childLink: OrganizationLists.link($0.id ?? ""),
                childKind: "Account")
        }
        return units + accounts
    }

    /// Where an account can be moved to.
    private static func places(_ root: Organizations.Root?, except: String, _ visit: Visit) async -> [Child] {
        guard let root else { return [] }
        let tree = await visit.attempt { () throws(ServiceError) in try await OrganizationTree(root, visit) }
        return (tree.value?.lines ?? []).filter { !$0.isAccount && $0.lineID != except }.map {
            Child(childName: $0.lineName, childID: $0.lineID, childLink: $0.lineLink, childKind: $0.lineKind)
        }
    }
}

extension OrganizationTargetPages.Level {
    fileprivate init(
        _ place: OrganizationTargetPages.Place, isHere: Bool, entries: [OrganizationTargetPages.Entry]
    ) {
        (levelName, levelLink) = (place.name, place.link)
        (self.isHere, self.entries) = (isHere, entries)
    }
}

extension OrganizationTargetPages.Entry {
    fileprivate init(_ policy: Organizations.PolicySummary) {
        entryName = policy.name ?? ""
        entryID = policy.id ?? ""
        entryLink = Console.root + "organization/policies/" + PercentEncoding.segment(policy.id ?? "")
    }
}
