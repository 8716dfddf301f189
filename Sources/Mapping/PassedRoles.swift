import Catalogue
import Wire

/// The roles that a request hands to a service: `iam:PassRole` is asked for each.
///
/// A role is passed by a member, at any depth, whose name has "role" in it and that holds the ARN of a role; and by its
/// name alone only where the Service Authorization Reference says that the action depends on `iam:PassRole`. Reading
/// passes no role, nor does taking something away.
///
/// AWS: "Grant a user permissions to pass a role to an AWS service", `id_roles_use_passrole.html`.
struct PassedRoles: Sendable {
    private var members: [MemberPath] = []
    /// Maps from texts to texts, whose keys say what is a role.
    private var maps: [MemberPath] = []
    /// Whether the request names one attribute, and gives its value.
    private var hasAttribute = false
    private var takesNames = false
    private var principal = ""

    private static let most = 64
    private static let deepest = 5
    private static let takers = [
        "delete", "remove", "disassociate", "detach", "terminate", "stop", "cancel", "untag", "deregister", "revoke",
        "reset",
        "disable",
    ]
    /// The services whose principal is not their prefix.
    private static let principals = [
        "ecs": "ecs-tasks.amazonaws.com", "eventbridge-scheduler": "scheduler.amazonaws.com",
    ]

    /// None is looked for.
    init() {}

    init(_ operation: OperationShape, _ action: CatalogueService.Action?, service prefix: String) {
        let depends = action?.dependentActions.contains("iam:PassRole") ?? false
        let changes =
            switch action?.accessLevel {
            case .write, .permissionsManagement: true
            case nil: !Self.readers.contains { operation.name.plain.hasPrefix($0) }
            case .list, .read, .tagging: false
            }
        let takes = Self.takers.contains { operation.name.plain.hasPrefix($0) }
        if depends || (changes && !takes), let input = operation.input {
            var open: Set<String> = []
            collect(input, [], &open)
            hasAttribute = ["AttributeName", "AttributeValue"].allSatisfy { input.index(of: $0) != nil }
        }
        takesNames = depends
        principal = Self.principals[prefix] ?? "\(prefix).amazonaws.com"
    }

    private static let readers = ["get", "list", "describe", "search", "batchget", "lookup", "query", "validate"]

    private mutating func collect(_ structure: StructureShape, _ before: [String], _ open: inout Set<String>) {
        guard before.count < Self.deepest, open.insert(structure.name).inserted else { return }
        defer { open.remove(structure.name) }
        for member in structure.members where members.count + maps.count < Self.most {
            let path = before + [member.name]
            var shape = member.shape
            while case .list(let list) = shape { shape = list.element }
            switch shape {
            case .string: if member.name.plain.contains("role") { members.append(MemberPath(path)) }
            case .structure(let inner): collect(inner, path, &open)
            case .map(let map) where map.value.isTextOrTexts && before.isEmpty: maps.append(MemberPath(path))
            default: continue
            }
        }
    }

    /// The accesses that the request's roles need.
    func accesses(in input: Structure, _ builder: AccessBuilder) throws(MappingFailure) -> [MappedAccess] {
        guard !members.isEmpty || !maps.isEmpty || hasAttribute, let type = TypeRule.common[TypeRule.role] else {
            return []
        }
        var accesses: [MappedAccess] = []
        for (text, isNamed) in texts(in: input) {
            let name: ResourceName?
            if ARNText.isMeant(text) {
                guard let arn = ARNText(text) else {
                    throw MappingFailure(reason: "the ARN of a role is not well-formed")
                }
                // Such as the ARN of an access point or of a policy.
                guard arn.service == "iam", arn.resource.hasPrefix("role/") else { continue }
                name = try ResourceName(text, [], qualifier: nil)
            } else {
                guard takesNames, isNamed else { continue }
                name = try ResourceName(text, [.slashes], qualifier: nil)
            }
            guard let name else { continue }
            for target in try builder.combine(type, [[name]]) {
                accesses.append(
                    MappedAccess(
                        action: "iam:PassRole", resource: target.arn, context: ["iam:passedtoservice": .one(principal)],
                        gap: target.gap))
            }
        }
        return accesses
    }

    /// What stands where roles do, and whether it may be a role's name.
    private func texts(in input: Structure) -> [(text: String, isNamed: Bool)] {
        var texts: [(text: String, isNamed: Bool)] = []
        for path in members {
            let isNamed = path.names.count == 1 && Self.isName(path.names[0].plain)
            for value in path.values(in: input, element: nil) {
                if case .string(let text) = value { texts.append((text, isNamed)) }
            }
        }
        for path in maps {
            guard let name = path.names.first, case .map(let entries)? = input[name] else { continue }
            for entry in entries where entry.key.plain.contains("role") {
                for case .string(let text) in entry.value.elements { texts.append((text, false)) }
            }
        }
        if hasAttribute, case .string(let name)? = input["AttributeName"], name.plain.contains("role"),
            case .string(let text)? = input["AttributeValue"]
        {
            texts.append((text, false))
        }
        return texts
    }

    /// What is asked for roles, for people; nil where the operation passes none.
    var described: MappingDescription.Access? {
        guard !members.isEmpty else { return nil }
        return MappingDescription.Access(
            action: "iam:PassRole", resources: members.map { "{\($0.description)}" },
            conditions: ["if it holds a role"],
            keys: [MappingDescription.Key(name: "iam:passedtoservice", value: principal)])
    }

    private static func isName(_ plain: String) -> Bool {
        plain.hasSuffix("role") || plain.hasSuffix("rolename") || plain.hasSuffix("rolearn")
    }
}
