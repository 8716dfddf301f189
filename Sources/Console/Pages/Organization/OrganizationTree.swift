import OrganizationsAPI
import Pages
import Platform
import Wire

/// What a page reads of an organization, page by page of the API's.
enum OrganizationLists {
    static func units(
        in parent: String, _ visit: Visit
    ) async throws(ServiceError) -> [Organizations.OrganizationalUnit] {
        try await visit.everything { (token) throws(ServiceError) in
            let page = try await visit.call(
                Organizations.ListOrganizationalUnitsForParent.self,
                .init {
                    $0.parentId = parent
                    $0.nextToken = token
                })
            return (page.organizationalUnits ?? [], page.nextToken)
        }
    }

    static func accounts(in parent: String, _ visit: Visit) async throws(ServiceError) -> [Organizations.Account] {
        try await visit.everything { (token) throws(ServiceError) in
            let page = try await visit.call(
                Organizations.ListAccountsForParent.self,
                .init {
                    $0.parentId = parent
                    $0.nextToken = token
                })
            return (page.accounts ?? [], page.nextToken)
        }
    }

    static func policies(_ type: String, _ visit: Visit) async throws(ServiceError) -> [Organizations.PolicySummary] {
        try await visit.everything { (token) throws(ServiceError) in
            let page = try await visit.call(
                Organizations.ListPolicies.self,
                .init {
                    $0.filter = type
                    $0.nextToken = token
                })
            return (page.policies ?? [], page.nextToken)
        }
    }

    static func policies(
        _ type: String, at target: String, _ visit: Visit
    ) async throws(ServiceError) -> [Organizations.PolicySummary] {
        try await visit.everything { (token) throws(ServiceError) in
            let page = try await visit.call(
                Organizations.ListPoliciesForTarget.self,
                .init {
                    $0.targetId = target
                    $0.filter = type
                    $0.nextToken = token
                })
            return (page.policies ?? [], page.nextToken)
        }
    }

    static func root(_ visit: Visit) async throws(ServiceError) -> Organizations.Root {
        guard let root = try await visit.call(Organizations.ListRoots.self).roots?.first else {
            throw ServiceError("RootNotFoundException", "The organization has no root.", status: 400)
        }
        return root
    }

    static func link(_ target: String) -> String {
        Console.root + "organization/targets/" + PercentEncoding.segment(target)
    }
}

/// The tree of units and accounts, in the order in which it is shown.
struct OrganizationTree {
    /// Beyond so many lines one goes on from a unit's own page.
    private static let mostLines = 300

    struct Line {
        let lineName: String
        let lineID: String
        let lineLink: String
        let lineKind: String
        let isAccount: Bool
        let lineState: String?
        /// How deep it lies, 0 for the root: a class of the style sheet.
        let depth: Int
    }

    private(set) var lines: [Line] = []
    private(set) var isCutShort = false

    init(_ root: Organizations.Root, _ visit: Visit) async throws(ServiceError) {
        lines.append(
            Line(
                lineName: root.name ?? "Root", lineID: root.id ?? "", lineLink: OrganizationLists.link(root.id ?? ""),
                lineKind: "Root", isAccount: false, lineState: nil, depth: 0))
        try await add(root.id ?? "", depth: 1, visit)
    }

    private mutating func add(_ parent: String, depth: Int, _ visit: Visit) async throws(ServiceError) {
        for unit in try await OrganizationLists.units(in: parent, visit) {
            guard lines.count < Self.mostLines else {
                isCutShort = true
                return
            }
            let id = unit.id ?? ""
            lines.append(
                Line(
                    lineName: unit.name ?? id, lineID: id, lineLink: OrganizationLists.link(id),
                    lineKind: "Organizational unit", isAccount: false, lineState: nil, depth: depth))
            try await add(id, depth: depth + 1, visit)
        }
        for account in try await OrganizationLists.accounts(in: parent, visit) {
            guard lines.count < Self.mostLines else {
                isCutShort = true
                return
            }
            let id = account.id ?? ""
            lines.append(
                Line(
                    lineName: account.name ?? id, lineID: id, lineLink: OrganizationLists.link(id),
                    lineKind: "Account", isAccount: true,
                    lineState: account.state == "ACTIVE" || account.status == "ACTIVE" ? nil : account.status,
                    depth: depth))
        }
    }
}

/// The types of policy that an organization has.
enum OrganizationPolicyTypes {
    static let all: [(type: String, title: String)] = [
        ("SERVICE_CONTROL_POLICY", "Service control policies"),
        ("RESOURCE_CONTROL_POLICY", "Resource control policies"), ("TAG_POLICY", "Tag policies"),
        ("BACKUP_POLICY", "Backup policies"), ("AISERVICES_OPT_OUT_POLICY", "AI services opt-out policies"),
        ("CHATBOT_POLICY", "Chat applications policies"), ("DECLARATIVE_POLICY_EC2", "Declarative policies for EC2"),
        ("SECURITYHUB_POLICY", "Security Hub policies"), ("INSPECTOR_POLICY", "Inspector policies"),
        ("UPGRADE_ROLLOUT_POLICY", "Upgrade rollout policies"), ("BEDROCK_POLICY", "Bedrock policies"),
        ("S3_POLICY", "S3 policies"), ("NETWORK_SECURITY_DIRECTOR_POLICY", "Network security director policies"),
    ]

    static func title(_ type: String) -> String { all.first { $0.type == type }?.title ?? type }

    /// Those that decide about requests, level by level.
    static func isControl(_ type: String) -> Bool {
        type == "SERVICE_CONTROL_POLICY" || type == "RESOURCE_CONTROL_POLICY"
    }

    /// Those that are switched on in a root.
    static func enabled(_ root: Organizations.Root) -> [String] {
        (root.policyTypes ?? []).filter { $0.status == "ENABLED" }.compactMap(\.type)
    }
}
