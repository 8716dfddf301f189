/// One service of the catalogue: its actions, the types of its resources, and its condition keys.
///
/// The three refer to each other by their places in the arrays, so that a service of several hundred actions stays
/// small.
///
/// ```swift
/// guard let s3 = ServiceCatalogue.aws.service("s3"), let action = s3.action("GetObject") else { return [] }
/// let types = action.resourceTypes.map { s3.resourceTypes[$0].name }
/// ```
public final class CatalogueService: Sendable {
    /// "s3" in `s3:GetObject`.
    public let prefix: String
    /// All actions, in the order of AWS's page.
    public let actions: [Action]
    /// All types of resources that policies can name.
    public let resourceTypes: [ResourceType]
    /// The service's own condition keys, and the global ones that its page lists.
    public let conditionKeys: [ConditionKey]

    /// The places of the actions, by their names in lower case.
    private let actionIndex: [String: Int]
    /// The names of the actions in lower case, in their order.
    private let actionNames: [[UInt8]]
    /// The places of the keys, by their names in lower case.
    private let keyIndex: [String: Int]
    /// The places of the keys of which a part is free, as `${TagKey}`.
    private let templates: [(pattern: Wildcards, index: Int)]

    /// How AWS classes an action, by what it lets its caller do.
    ///
    /// AWS: "Access levels in policy summaries",
    /// `access_policies_understand-policy-summary-access-level-summaries.html`.
    public enum AccessLevel: Character, Sendable {
        /// Shows that resources exist, but not what is in them: `s3:ListBucket`.
        case list = "L"
        /// Reads what is in a resource, and can't change it: `s3:GetObject`.
        case read = "R"
        /// Makes, changes or deletes resources: `s3:PutObject`.
        case write = "W"
        /// Changes tags and nothing else.
        case tagging = "T"
        /// Grants permissions or takes them away: `iam:PutRolePolicy`, `s3:PutBucketAcl`.
        case permissionsManagement = "P"
    }

    /// What can be allowed or denied: one row of AWS's table "Actions defined by …".
    public struct Action: Sendable {
        /// Without the prefix: "GetObject".
        public let name: String
        /// How AWS classes it.
        public let accessLevel: AccessLevel
        /// Places among the service's resource types; empty for an action that acts on no resource.
        public let resourceTypes: [Int]
        /// Those of `resourceTypes` without which the action can't be called.
        public let requiredResourceTypes: [Int]
        /// Places among the service's condition keys.
        public let conditionKeys: [Int]
        /// What the caller must be allowed to do besides: "iam:PassRole".
        public let dependentActions: [String]
    }

    /// What an action can act on: one row of AWS's table "Resource types defined by …".
    public struct ResourceType: Sendable {
        /// AWS's name for the type within the service: "bucket", "object".
        public let name: String
        /// The type's ARNs, with a wildcard where a resource has its own text.
        public let arn: ARNParts
        /// The same as AWS writes it, with `${…}` where a resource has its own text:
        /// `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
        public let template: String
        /// What the last part of the type's ARNs looks like, with a wildcard for each variable.
        public let resourcePattern: Wildcards
        /// Places among the service's condition keys: those that describe such a resource, `aws:ResourceTag/${TagKey}`
        /// for one.
        public let conditionKeys: [Int]
    }

    /// A key that a request of the service can carry: one row of AWS's table "Condition keys for …".
    public struct ConditionKey: Sendable {
        /// In AWS's case, with `${TagKey}` where a tag's key stands.
        public let name: String
        /// What its values are, and so which operators can compare them.
        public let type: ValueType
        /// Whether a request can have several values for it, so that a condition needs `ForAllValues` or `ForAnyValue`.
        public let isMultivalued: Bool
    }

    /// What the values of a condition key are.
    ///
    /// AWS: "IAM JSON policy elements: Condition operators", `reference_policies_elements_condition_operators.html`.
    public enum ValueType: Character, Sendable {
        /// Any text, for the `String` operators.
        case string = "S"
        /// An ARN, for the `Arn` operators, which compare it part by part.
        case arn = "A"
        /// `true` or `false`, for `Bool`.
        case bool = "B"
        /// A number, for the `Numeric` operators.
        case numeric = "N"
        /// An ISO 8601 date or seconds since 1970, for the `Date` operators.
        case date = "D"
        /// An address, which `IpAddress` compares with ranges in CIDR notation.
        case ipAddress = "I"
    }

    /// - Parameter lines: those of the service's block; a line that is of no known form is left out.
    init(prefix: String, lines: UnsafeRawBufferPointer) {
        var actions: [Action] = []
        var resourceTypes: [ResourceType] = []
        var keys: [ConditionKey] = []
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            let columns = Columns(line)
            switch line.first.map(Unicode.Scalar.init) {
            case "k":
                guard let letter = columns.letter, let type = ValueType(rawValue: Character(letter.uppercased()))
                else { continue }
                keys.append(ConditionKey(name: columns.text(0), type: type, isMultivalued: letter.isLowercase))
            case "r":
                // A resource's first letter stands where others have theirs.
                let name = columns.letter.map(String.init) ?? ""
                let template = "arn:${Partition}:" + columns.text(1)
                let arn = ARNParts(pattern: template)
                resourceTypes.append(
                    ResourceType(
                        name: name + columns.text(0), arn: arn, template: template,
                        resourcePattern: Wildcards(arn.resource), conditionKeys: columns.numbers(2)))
            case "a":
                guard let level = columns.letter.flatMap(AccessLevel.init) else { continue }
                actions.append(
                    Action(
                        name: columns.text(0), accessLevel: level, resourceTypes: columns.numbers(1),
                        requiredResourceTypes: columns.numbers(1, markedOnly: true),
                        conditionKeys: columns.numbers(2),
                        dependentActions: columns.text(3).split(separator: " ").map(String.init)))
            default: continue
            }
        }
        self.prefix = prefix
        self.actions = actions
        self.resourceTypes = resourceTypes
        conditionKeys = keys
        let names = actions.map { $0.name.lowercased() }
        actionNames = names.map { Array($0.utf8) }
        actionIndex = Dictionary(
            names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        keyIndex = Dictionary(
            keys.enumerated().map { ($1.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        templates = keys.enumerated().filter { $1.name.contains("${") }.map { index, key in
            (Wildcards(key.name.withVariablesAsWildcards, ignoringCase: true), index)
        }
    }

    /// The action of this name.
    /// - Parameter name: without the prefix, in any case of letters: policies compare actions without regard to case.
    /// - Returns: nil where the service has no such action.
    /// - Complexity: O(1).
    public func action(_ name: some StringProtocol) -> Action? {
        actionIndex[name.lowercased()].map { actions[$0] }
    }

    /// All actions that a pattern with `*` and `?` matches.
    /// - Parameter pattern: without the prefix: "Get*".
    /// - Complexity: linear in the number of actions.
    public func actions(matching pattern: String) -> [Action] {
        guard pattern.hasWildcards else { return action(pattern).map { [$0] } ?? [] }
        let pattern = Wildcards(pattern, ignoringCase: true)
        return actions.indices.filter { pattern.matches(actionNames[$0]) }.map { actions[$0] }
    }

    /// The action whose name looks most like this one, for "did you mean"; nil where none does. See
    /// ``nearest(to:among:)``.
    public func nearestAction(to name: String) -> String? { nearest(to: name, among: actions.map(\.name)) }

    /// The condition key of this name.
    /// - Parameter name: with its prefix, in any case of letters: "s3:prefix". A key such as "aws:ResourceTag/team" is
    ///   found as `aws:ResourceTag/${TagKey}`.
    public func conditionKey(_ name: String) -> ConditionKey? {
        let index = keyIndex[name.lowercased()] ?? templates.first { $0.pattern.matches(name) }?.index
        return index.map { conditionKeys[$0] }
    }

    /// The condition key whose name looks most like this one, for "did you mean"; nil where none does.
    public func nearestConditionKey(to name: String) -> String? {
        nearest(to: name, among: conditionKeys.map(\.name))
    }

    /// Whether a request for the action can carry the key: the action's own, or one of its resources'.
    public func action(_ action: Action, takes key: ConditionKey) -> Bool {
        let places =
            action.conditionKeys
            + action.resourceTypes.flatMap { place in
                resourceTypes.indices.contains(place) ? resourceTypes[place].conditionKeys : []
            }
        return places.contains { conditionKeys.indices.contains($0) && conditionKeys[$0].name == key.name }
    }
}

/// The columns of a line, whose first begins with the line's kind and a letter.
private struct Columns {
    let letter: Character?
    private let columns: [Slice<UnsafeRawBufferPointer>]

    init(_ line: Slice<UnsafeRawBufferPointer>) {
        let body = line.dropFirst()
        letter = body.first.map { Character(Unicode.Scalar($0)) }
        columns = body.dropFirst().split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    }

    func text(_ index: Int) -> String {
        index < columns.count ? String(decoding: columns[index], as: UTF8.self) : ""
    }

    /// Decimal numbers with spaces between, some of which are marked by "!".
    func numbers(_ index: Int, markedOnly: Bool = false) -> [Int] {
        guard index < columns.count, !columns[index].isEmpty else { return [] }
        return columns[index].split(separator: UInt8(ascii: " ")).compactMap { word in
            let isMarked = word.last == UInt8(ascii: "!")
            guard isMarked || !markedOnly else { return nil }
            return (isMarked ? word.dropLast() : word).reduce(0) { $0 &* 10 &+ Int($1 &- UInt8(ascii: "0")) }
        }
    }
}
