import Catalogue
import Pages
import Policy
import Wire

/// The form that makes a statement of what was chosen from the catalogue.
///
/// Its fields begin with `b-`. They are all sent with every step, so that nothing needs to be kept between two.
struct StatementBuilder {
    let type: PolicyType
    let account: String
    let region: String
    let form: FormFields
    let service: CatalogueService?
    /// The names of the actions that were chosen, one by one or by their level.
    let chosen: Set<String>

    init(_ form: FormFields, _ type: PolicyType, account: String, region: String) {
        self.form = form
        self.type = type
        self.account = account
        self.region = region
        let prefix = type == .roleTrust ? "sts" : form["b-service"] ?? ""
        let service = ServiceCatalogue.aws.hasService(prefix) ? ServiceCatalogue.aws.service(prefix) : nil
        self.service = service
        let names = Set(form.values("b-action"))
        let levels = Set(form.values("b-level"))
        let all = Self.offered(service, type)
        let isAll = form.isOn("b-all")
        chosen = Set(
            all.filter { isAll || names.contains($0.name) || levels.contains(String($0.accessLevel.rawValue)) }
                .map(\.name))
    }

    /// The actions to choose from: a trust policy has few.
    private static func offered(_ service: CatalogueService?, _ type: PolicyType) -> [CatalogueService.Action] {
        guard let service else { return [] }
        guard type == .roleTrust else { return service.actions }
        let trusting = [
            "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "SetContext", "SetSourceIdentity",
            "TagSession",
        ]
        return service.actions.filter { trusting.contains($0.name) }
    }

    var hasPrincipal: Bool { type == .resource || type == .roleTrust || type == .resourceControl }
    var hasResource: Bool { type != .roleTrust }

    private var chosenActions: [CatalogueService.Action] {
        Self.offered(service, type).filter { chosen.contains($0.name) }
    }

    // MARK: The statement

    /// Why the statement can't be made, for whoever fills in the form.
    struct Incomplete: Error {
        let advice: String
    }

    /// The statements that what was chosen makes: two where some of the actions can be limited to resources, and others
    /// not, as AWS's editor has it.
    func statements() throws(Incomplete) -> [JSONTree] {
        guard let service else { throw Incomplete(advice: "Choose a service.") }
        let actions = chosenActions
        guard !actions.isEmpty else { throw Incomplete(advice: "Choose at least one action or access level.") }
        let conditions = try conditions()
        let principal = hasPrincipal ? try principal() : nil
        guard hasResource else { return [statement(actions, service, nil, principal, conditions)] }
        guard form["b-resources"] != "all" else { return [statement(actions, service, ["*"], principal, conditions)] }
        let limited = actions.filter { !$0.resourceTypes.isEmpty }
        let free = actions.filter { $0.resourceTypes.isEmpty }
        var statements: [JSONTree] = []
        if !limited.isEmpty {
            let arns = resourceTypes().flatMap { form.text("b-arn-\($0)").linesTyped }
            guard !arns.isEmpty else {
                throw Incomplete(advice: "Name the resources, or choose all resources.")
            }
            statements.append(statement(limited, service, arns, principal, conditions))
        }
        if !free.isEmpty {
            statements.append(statement(free, service, ["*"], principal, conditions, isSecond: !limited.isEmpty))
        }
        return statements
    }

    private func statement(
        _ actions: [CatalogueService.Action], _ service: CatalogueService, _ resources: [String]?,
        _ principal: JSONTree?, _ conditions: JSONTree?, isSecond: Bool = false
    ) -> JSONTree {
        let names = Set(actions.map(\.name))
        let isWhole = form.isOn("b-all") && names.count == service.actions.count
        let patterns =
            isWhole ? ["*"] : form.isOn("b-shorten") ? ActionPatterns.covering(names, of: service) : names.sorted()
        var members: [(name: String, value: JSONTree)] = []
        if let sid = form["b-sid"]?.trimmed { members.append(("Sid", .text(isSecond ? sid + "2" : sid))) }
        members.append(("Effect", .text(form["b-effect"] == "Deny" ? "Deny" : "Allow")))
        if let principal { members.append(("Principal", principal)) }
        members.append(("Action", JSONTree(strings: patterns.map { "\(service.prefix):\($0)" })))
        if let resources { members.append(("Resource", JSONTree(strings: resources))) }
        if let conditions { members.append(("Condition", conditions)) }
        return .object(members)
    }

    private func principal() throws(Incomplete) -> JSONTree {
        let kind = form["b-principal"] ?? "AWS"
        if kind == "*" { return .text("*") }
        guard ["AWS", "Service", "Federated"].contains(kind) else { throw Incomplete(advice: "Choose a principal.") }
        let values = form.text("b-principals").linesTyped
        guard !values.isEmpty else { throw Incomplete(advice: "Name at least one principal.") }
        return .object([(kind, JSONTree(strings: values))])
    }

    /// How many conditions there is room for.
    var conditionCount: Int {
        let filled = (0..<Self.mostConditions).last { form["b-key-\($0)"] != nil }.map { $0 + 1 } ?? 0
        let shown = form.number("b-conditions", most: 100) ?? 1
        let wanted = form["do"] == "another-condition" ? shown + 1 : shown
        return min(max(1, filled, wanted), Self.mostConditions)
    }

    private static let mostConditions = 20

    private func conditions() throws(Incomplete) -> JSONTree? {
        var operators: [(name: String, value: JSONTree)] = []
        for place in 0..<conditionCount {
            guard let key = form["b-key-\(place)"]?.trimmed, !key.isEmpty else { continue }
            guard !key.contains("${") else {
                throw Incomplete(advice: "Write the tag's own key in place of ${…} in \(key).")
            }
            let values = form.text("b-values-\(place)").linesTyped
            guard !values.isEmpty else { throw Incomplete(advice: "Give at least one value for \(key).") }
            var name = form["b-operator-\(place)"] ?? "StringEquals"
            if form.isOn("b-exists-\(place)"), name != "Null" { name += "IfExists" }
            if let qualifier = form["b-qualifier-\(place)"] { name = qualifier + ":" + name }
            var block = operators.first { $0.name == name }?.value ?? .object([])
            guard block[key] == nil else { throw Incomplete(advice: "\(name) is there twice for \(key).") }
            block[key] = JSONTree(strings: values)
            if let known = operators.firstIndex(where: { $0.name == name }) {
                operators[known].value = block
            } else {
                operators.append((name, block))
            }
        }
        return operators.isEmpty ? nil : .object(operators)
    }

    // MARK: The form

    /// The places of the resource types on which the chosen actions act.
    private func resourceTypes() -> [Int] {
        Set(chosenActions.flatMap(\.resourceTypes)).filter { service?.resourceTypes.indices.contains($0) == true }
            .sorted()
    }

    /// What the template shows.
    func content() -> [String: Any] {
        let actions = Self.offered(service, type)
        let names = ServiceCatalogue.aws.names
        let search = form["b-search"]?.trimmed.lowercased()
        let groups = CatalogueService.AccessLevel.all.compactMap { level -> [String: Any]? in
            let all = actions.filter { $0.accessLevel == level }
            // What was chosen before stays, whatever is looked for.
            let own = all.filter { action in
                guard let search else { return true }
                return chosen.contains(action.name) || action.name.lowercased().contains(search)
            }
            if own.isEmpty { return nil }
            return [
                "levelKey": String(level.rawValue), "levelName": level.name, "levelCount": all.count,
                "isWhole": form.values("b-level").contains(String(level.rawValue)),
                "isOpen": search != nil || own.count <= 12 || own.contains { chosen.contains($0.name) },
                "chosenCount": own.count { chosen.contains($0.name) },
                "levelActions": own.map {
                    ["actionName": $0.name, "isChosen": chosen.contains($0.name)] as [String: Any]
                },
            ]
        }
        return present([
            "sid": form["b-sid"], "isDeny": form["b-effect"] == "Deny", "hasPrincipal": hasPrincipal,
            "hasResource": hasResource, "choosesService": type != .roleTrust,
            "services": type == .roleTrust
                ? nil
                : ServiceCatalogue.aws.prefixes.map {
                    ["prefix": $0, "serviceTitle": names[$0] ?? $0, "isChosen": $0 == service?.prefix] as [String: Any]
                }.sorted { "\($0["serviceTitle"] ?? "")" < "\($1["serviceTitle"] ?? "")" },
            "hasService": service != nil, "prefix": service?.prefix, "groups": groups, "isAll": form.isOn("b-all"),
            "actionSearch": form["b-search"], "shortens": form.isOn("b-shorten"), "hasActions": !chosen.isEmpty,
            "chosenTotal": chosen.count,
            "isAllResources": form["b-resources"] == "all", "types": typeRows(),
            "hasFree": chosenActions.contains { $0.resourceTypes.isEmpty },
            "principals": form["b-principals"],
            "principalKinds": [
                ("AWS", "Account, user or role"), ("Service", "AWS service"), ("Federated", "Identity provider"),
                ("*", "Everyone (*)"),
            ].map { ["kindKey": $0.0, "kindName": $0.1, "isChosen": $0.0 == form["b-principal"]] as [String: Any] },
            "conditionRows": conditionRows(), "conditionCount": conditionCount, "keys": keys(),
            "dependent": dependent(),
        ])
    }

    private func typeRows() -> [[String: Any]] {
        guard let service else { return [] }
        let required = Set(chosenActions.flatMap(\.requiredResourceTypes))
        let shown = Set(form.values("b-type"))
        return resourceTypes().map { place in
            let type = service.resourceTypes[place]
            let isKnown = shown.contains("\(service.prefix) \(place)")
            // What is needed is filled in; what is not, whoever wants it writes.
            let text = isKnown ? form.text("b-arn-\(place)") : required.contains(place) ? filled(type.template) : ""
            return present([
                "place": place, "typeKey": "\(service.prefix) \(place)", "typeName": type.name,
                "isRequired": required.contains(place), "template": type.template, "arns": text,
                "example": filled(type.template),
            ])
        }
    }

    /// A template with this account, and a wildcard for what is not known.
    private func filled(_ template: String) -> String { Self.filled(template, account: account, region: region) }

    /// - Parameter template: as the catalogue has it, with `${…}`.
    static func filled(_ template: String, account: String, region: String) -> String {
        var result = ""
        var rest = template[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            switch rest[start.upperBound..<end] {
            case "Partition": result += "aws"
            case "Account": result += account
            case "Region": result += region
            default: result += "*"
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private func conditionRows() -> [[String: Any]] {
        (0..<conditionCount).map { place in
            let wanted = form["b-operator-\(place)"] ?? "StringEquals"
            return present([
                "place": place, "number": place + 1, "key": form["b-key-\(place)"],
                "valuesText": form["b-values-\(place)"], "ifExists": form.isOn("b-exists-\(place)"),
                "operators": Self.operators.map { group in
                    [
                        "family": group.family,
                        "operatorNames": group.names.map {
                            ["operatorName": $0, "isChosen": $0 == wanted] as [String: Any]
                        },
                    ] as [String: Any]
                },
                "qualifiers": [
                    ("", "The key has one value"), ("ForAllValues", "ForAllValues: each of its values"),
                    ("ForAnyValue", "ForAnyValue: one of its values"),
                ].map {
                    [
                        "qualifierKey": $0.0, "qualifierName": $0.1,
                        "isChosen": $0.0 == form.text("b-qualifier-\(place)"),
                    ] as [String: Any]
                },
            ])
        }
    }

    /// The keys that requests for the chosen actions can carry, and those that all can.
    private func keys() -> [[String: Any]] {
        var seen: Set<String> = []
        var rows: [[String: Any]] = []
        func add(_ key: CatalogueService.ConditionKey) {
            guard seen.insert(key.name).inserted else { return }
            rows.append(["key": key.name, "valueType": key.type.name + (key.isMultivalued ? ", several" : "")])
        }
        if let service {
            let own = chosenActions.flatMap(\.conditionKeys)
            let described = resourceTypes().flatMap { service.resourceTypes[$0].conditionKeys }
            for place in own + described where service.conditionKeys.indices.contains(place) {
                add(service.conditionKeys[place])
            }
        }
        for key in ServiceCatalogue.aws.service("aws")?.conditionKeys ?? [] { add(key) }
        return rows
    }

    /// What whoever calls these actions must be allowed to do besides.
    private func dependent() -> String? {
        let names = Set(chosenActions.flatMap(\.dependentActions)).sorted()
        return names.isEmpty ? nil : names.prefix(12).joined(separator: ", ")
    }

    private static let operators: [(family: String, names: [String])] = [
        (
            "String",
            [
                "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
                "StringNotLike",
            ]
        ),
        ("ARN", ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"]), ("Boolean", ["Bool"]),
        ("IP address", ["IpAddress", "NotIpAddress"]),
        (
            "Number",
            [
                "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ]
        ),
        (
            "Date",
            [
                "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
                "DateGreaterThanEquals",
            ]
        ), ("Binary", ["BinaryEquals"]), ("Whether the key is there", ["Null"]),
    ]
}

extension CatalogueService.ValueType {
    /// The family of operators that compare it.
    var name: String {
        switch self {
        case .string: "String"
        case .arn: "ARN"
        case .bool: "Boolean"
        case .numeric: "Number"
        case .date: "Date"
        case .ipAddress: "IP address"
        }
    }
}
