import Catalogue
import IAMAPI
import Pages
import Platform
import Wire

/// The form in which a question is put to the simulator.
struct SimulatorForm {
    let content: [String: Any?]
    let mayListRoles: Bool

    init(_ question: SimulatedQuestion, _ fields: FormFields, _ visit: Visit) async {
        let roles = await Self.roles(visit)
        mayListRoles = roles.value != nil
        let users = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListUsers.self, .init { $0.maxItems = Self.mostNames }).users.map(\.arn)
        }
        let groups = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListGroups.self, .init { $0.maxItems = Self.mostNames }).groups.map(\.arn)
        }
        var principals = (users.value ?? []) + (groups.value ?? []) + (roles.value ?? [])
        principals.append("arn:aws:iam::\(visit.account):root")
        let keys = await Self.keys(question, visit)
        let found = fields["find"].map(Self.actions) ?? []
        let templates = Self.templates(question, visit)
        content = [
            "principal": question.principal, "principals": principals,
            "isSomebody": SimulatedSubject.arn(visit.caller) != nil,
            "actionText": question.actions.isEmpty ? nil : question.actions.joined(separator: "\n"),
            "find": fields["find"], "isSearched": fields["find"] != nil,
            "found": found.prefix(Self.mostFound).map { action in
                ["foundAction": action, "isChosen": question.actions.contains(action)] as [String: Any]
            },
            "foundMore": found.count > Self.mostFound ? found.count - Self.mostFound : nil,
            "resource": question.resource.isEmpty ? nil : question.resource, "templates": templates,
            "keyFields": keys.fields, "keyProblem": keys.problem,
            "extra": question.extra,
            "hasExtra": question.extra != nil,
            "extraUses": SimulatedQuestion.ExtraUse.allCases.map {
                ["useKey": $0.rawValue, "useText": $0.text, "isUse": $0 == question.extraUse] as [String: Any]
            },
        ]
    }

    private static let mostNames = 200
    private static let mostFound = 80

    /// The ARNs of the roles, as far as the person may list them.
    static func roles(_ visit: Visit) async -> Attempted<[String]> {
        await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListRoles.self, .init { $0.maxItems = mostNames }).roles.map(\.arn)
        }
    }

    // MARK: Actions and resources

    /// The actions that a search finds: `s3:Get*`, or a part of the name of a service's or of an action's.
    static func actions(_ search: String) -> [String] {
        let catalogue = ServiceCatalogue.aws
        let search = search.trimmed
        if let colon = search.firstIndex(of: ":") {
            guard let service = catalogue.service(search[..<colon].lowercased()) else { return [] }
            let name = String(search[search.index(after: colon)...])
            let pattern = name.contains("*") || name.contains("?") ? name : name + "*"
            return service.actions(matching: pattern).map { "\(service.prefix):\($0.name)" }
        }
        let wanted = search.lowercased()
        guard wanted.utf8.count >= 2 else { return [] }
        if catalogue.hasService(wanted), let service = catalogue.service(wanted) {
            return service.actions.map { "\(service.prefix):\($0.name)" }
        }
        var found: [String] = []
        for prefix in catalogue.prefixes {
            guard let service = catalogue.service(prefix) else { continue }
            found += service.actions.filter { $0.name.lowercased().contains(wanted) }.map { "\(prefix):\($0.name)" }
            if found.count > 400 { break }
        }
        return found
    }

    /// What the resources of the chosen actions look like.
    private static func templates(_ question: SimulatedQuestion, _ visit: Visit) -> [[String: Any]] {
        var seen: Set<String> = []
        var rows: [[String: Any]] = []
        for text in question.actions {
            guard let colon = text.firstIndex(of: ":"),
                let service = ServiceCatalogue.aws.service(text[..<colon].lowercased()),
                let action = service.action(text[text.index(after: colon)...])
            else { continue }
            for place in action.resourceTypes {
                guard service.resourceTypes.indices.contains(place) else { continue }
                let type = service.resourceTypes[place]
                guard seen.insert(type.template).inserted, rows.count < 12 else { continue }
                rows.append([
                    "templateType": type.name,
                    "templateText": StatementBuilder.filled(
                        type.template, account: visit.account, region: visit.region),
                ])
            }
        }
        return rows
    }

    // MARK: Condition keys

    private static let common = [
        "aws:MultiFactorAuthPresent", "aws:SourceIp", "aws:SecureTransport", "aws:RequestedRegion",
    ]

    /// A field for each key that matters: those that people use most, those that the principal's policies name, and those
    /// that have a value.
    private static func keys(
        _ question: SimulatedQuestion, _ visit: Visit
    ) async -> (fields: [[String: Any]], problem: Problem?) {
        var names = common
        var problem: Problem?
        var mentioned: Set<String> = []
        if ![.root, .other].contains(SimulatedSubject(question.principal, account: visit.account).kind) {
            let read = await visit.attempt { () throws(ServiceError) in
                try await visit.call(
                    IAM.GetContextKeysForPrincipalPolicy.self,
                    .init { $0.policySourceArn = question.principal }
                ).contextKeyNames ?? []
            }
            problem = read.problem
            names += read.value ?? []
            mentioned = Set((read.value ?? []).map(ConditionKeys.folded))
        }
        names += question.context.map(\.key)
        var seen: Set<String> = []
        let fields = names.filter { seen.insert(ConditionKeys.folded($0)).inserted }.prefix(40).enumerated().map {
            place, name in
            let known = SimulatedKey(name)
            let value = question.value(name)
            return present([
                "keyName": name, "keyPlace": place, "isBoolean": known.type == "boolean",
                "isTrue": value == "true", "isFalse": value == "false", "keyValue": value,
                "isMentioned": mentioned.contains(ConditionKeys.folded(name)),
                "keyHint": known.isList ? "several, with commas between them" : hint(known.type),
            ])
        }
        return (fields, problem)
    }

    private static func hint(_ type: String) -> String? {
        switch type {
        case "numeric": "a number"
        case "date": "2026-11-29T12:00:00Z"
        case "ip": "203.0.113.7"
        default: nil
        }
    }
}
