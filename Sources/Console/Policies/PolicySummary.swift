import Catalogue
import Policy

/// What a policy says, service by service, as AWS's policy summaries have it.
///
/// AWS: "Policy summaries", `access_policies_understand.html`.
struct PolicySummary {
    /// A service under one effect.
    struct Row {
        let effect: String
        /// "s3"; nil: all services.
        let service: String?
        let serviceTitle: String
        /// "Full: List, Read · Limited: Write"
        let levels: String
        let resource: String
        let condition: String
        var isDeny: Bool { effect == "Deny" }
    }

    /// An action of the service that one looks closer at.
    struct ActionRow {
        let actionName: String
        let level: String
        let effect: String
        let resource: String
        let condition: String
        var isDeny: Bool { effect == "Deny" }
    }

    private let document: PolicyDocument

    /// nil: the text is no policy.
    init?(_ text: String) {
        guard let document = try? PolicyDocument(parsing: text, as: .identity, strictness: .evaluable) else {
            return nil
        }
        self.document = document
    }

    /// What is denied comes first: it wins.
    /// - Complexity: O(statements × actions); a policy that names its services has only those read.
    func rows() -> [Row] {
        [Statement.Effect.deny, .allow].flatMap { effect -> [Row] in
            let statements = document.statements.filter { $0.effect == effect }
            let services = Set(statements.flatMap { Self.services(of: $0) })
            var rows = services.sorted().compactMap { row(of: $0, effect, statements) }
            let whole = statements.filter { Self.isEverything($0) }
            if !whole.isEmpty {
                rows.insert(
                    Row(
                        effect: effect.rawValue, service: nil, serviceTitle: "All services",
                        levels: "Full access", resource: Self.resources(of: whole),
                        condition: Self.conditions(of: whole)), at: 0)
            }
            return rows
        }
    }

    /// The actions of one service that the policy speaks of.
    func actions(of prefix: String) -> [ActionRow] {
        guard let service = ServiceCatalogue.aws.service(prefix) else { return [] }
        return document.statements.flatMap { statement -> [ActionRow] in
            Self.actions(of: service, in: statement).map { place in
                let action = service.actions[place]
                return ActionRow(
                    actionName: action.name, level: action.accessLevel.name, effect: statement.effect.rawValue,
                    resource: Self.resources(of: [statement]), condition: Self.conditions(of: [statement]))
            }
        }
    }

    private func row(of prefix: String, _ effect: Statement.Effect, _ statements: [Statement]) -> Row? {
        guard let service = ServiceCatalogue.aws.service(prefix) else {
            let named = statements.filter { Self.services(of: $0).contains(prefix) }
            return Row(
                effect: effect.rawValue, service: nil, serviceTitle: prefix, levels: "Not in the catalogue",
                resource: Self.resources(of: named), condition: Self.conditions(of: named))
        }
        var chosen: Set<Int> = []
        var concerned: [Statement] = []
        for statement in statements where !Self.isEverything(statement) {
            let places = Self.actions(of: service, in: statement)
            if places.isEmpty { continue }
            chosen.formUnion(places)
            concerned.append(statement)
        }
        guard !concerned.isEmpty else { return nil }
        return Row(
            effect: effect.rawValue, service: service.prefix,
            serviceTitle: ServiceCatalogue.aws.names[service.prefix] ?? service.prefix,
            levels: Self.levels(chosen, service), resource: Self.resources(of: concerned),
            condition: Self.conditions(of: concerned))
    }

    private static func isEverything(_ statement: Statement) -> Bool {
        !statement.actions.isNegated && statement.actions.values.contains { $0.value == "*" || $0.value == "*:*" }
    }

    /// The prefixes of the services of which a statement has actions.
    private static func services(of statement: Statement) -> [String] {
        if isEverything(statement) { return [] }
        if statement.actions.isNegated { return ServiceCatalogue.aws.prefixes }
        return statement.actions.values.compactMap { pattern in
            pattern.value.firstIndex(of: ":").map { pattern.value[..<$0].lowercased() }
        }
    }

    private static func actions(of service: CatalogueService, in statement: Statement) -> Set<Int> {
        var places: Set<Int> = []
        let names = Dictionary(
            service.actions.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        for pattern in statement.actions.values {
            let parts = pattern.value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if pattern.value == "*" {
                places.formUnion(service.actions.indices)
            } else if parts.count == 2, parts[0].lowercased() == service.prefix {
                places.formUnion(service.actions(matching: String(parts[1])).compactMap { names[$0.name] })
            }
        }
        return statement.actions.isNegated ? Set(service.actions.indices).subtracting(places) : places
    }

    private static func levels(_ chosen: Set<Int>, _ service: CatalogueService) -> String {
        if chosen.count == service.actions.count { return "Full access" }
        var full: [String] = []
        var limited: [String] = []
        for level in CatalogueService.AccessLevel.all {
            let all = service.actions.indices.filter { service.actions[$0].accessLevel == level }
            let count = all.count { chosen.contains($0) }
            if count == 0 { continue }
            if count == all.count { full.append(level.name) } else { limited.append(level.name) }
        }
        let parts = [("Full: ", full), ("Limited: ", limited)].filter { !$0.1.isEmpty }
        return parts.isEmpty
            ? "No known action" : parts.map { $0.0 + $0.1.joined(separator: ", ") }.joined(separator: " · ")
    }

    private static func resources(of statements: [Statement]) -> String {
        var texts: Set<String> = []
        for statement in statements {
            guard let resources = statement.resources else { continue }
            for value in resources.values { texts.insert((resources.isNegated ? "All but " : "") + value.value) }
        }
        guard let first = texts.first, texts.count == 1 else { return texts.isEmpty ? "—" : "Multiple" }
        return first == "*" ? "All resources" : first
    }

    private static func conditions(of statements: [Statement]) -> String {
        let with = statements.filter { !$0.conditions.isEmpty }
        guard let first = with.first else { return "None" }
        guard statements.count == 1, first.conditions.count == 1, let condition = first.conditions.first else {
            return "Multiple"
        }
        let values = condition.values.map(\.value).joined(separator: ", ")
        return "\(condition.key.value) \(condition.operatorName.value) \(values)"
    }
}
