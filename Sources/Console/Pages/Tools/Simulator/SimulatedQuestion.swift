import Catalogue
import Pages
import Platform
import Policy
import Wire

/// What somebody asks of the simulator: who does what to what, and with which condition keys.
///
/// It is what an address says, so that it can be passed on: `simulator?principal=…&action=…&resource=…&context=KEY=VALUE`.
/// A form has a field `key:NAME` for each condition key besides, and a policy to try.
struct SimulatedQuestion {
    var principal = ""
    var actions: [String] = []
    var resource = ""
    /// In the order in which they were given; each name once, without regard to case.
    private(set) var context: [(key: String, values: [String])] = []
    /// A policy to try; nil: none.
    var extra: String?
    var extraUse = ExtraUse.addition

    /// As what a policy is tried.
    enum ExtraUse: String, CaseIterable {
        case addition, instead, boundary, resource

        var text: String {
            switch self {
            case .addition: "in addition to the principal's policies"
            case .instead: "instead of all the principal's policies"
            case .boundary: "as the permissions boundary"
            case .resource: "as the resource's policy"
            }
        }
    }

    /// More are not asked about at once.
    static let mostActions = 20

    init() {}

    init(_ fields: FormFields) {
        principal = fields.typed("principal")
        for action in fields.values("action").flatMap(\.linesTyped) where !actions.contains(action) {
            actions.append(action)
        }
        resource = fields.typed("resource")
        for (name, value) in fields.named(prefix: "key:") { add(name, value) }
        for line in fields.values("context").flatMap({ $0.split(whereSeparator: \.isNewline) }) {
            guard let equals = line.firstIndex(of: "=") else {
                if !line.allSatisfy(\.isWhitespace) { add(String(line).trimmed, "") }
                continue
            }
            add(String(line[..<equals]).trimmed, String(line[line.index(after: equals)...]))
        }
        extra = fields.optional("extra")
        extraUse = fields["extra-use"].flatMap(ExtraUse.init) ?? .addition
    }

    /// Whether there is something to be decided.
    var isWhole: Bool { !principal.isEmpty && !actions.isEmpty }

    /// The resource that is asked about.
    var askedResource: String { resource.isEmpty ? "*" : resource }

    mutating func add(_ key: String, _ value: String) {
        let value = value.trimmed
        guard !key.isEmpty, !value.isEmpty,
            !context.contains(where: { ConditionKeys.folded($0.key) == ConditionKeys.folded(key) })
        else { return }
        let isList = SimulatedKey(key).isList
        let values = isList ? value.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty } : [value]
        if !values.isEmpty { context.append((key, values)) }
    }

    func value(_ key: String) -> String? {
        context.first { ConditionKeys.folded($0.key) == ConditionKeys.folded(key) }?.values.joined(separator: ", ")
    }

    /// The condition keys as the policy engine takes them.
    var given: [String: ContextValue] {
        Dictionary(
            context.map { key, values in
                (ConditionKeys.folded(key), SimulatedKey(key).isList ? .many(values) : .one(values.first ?? ""))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Names and values of an address or a form that asks the same, but for the policy to try.
    var fields: [(name: String, value: String)] {
        var fields = [(name: "principal", value: principal)]
        fields += actions.map { ("action", $0) }
        if !resource.isEmpty { fields.append(("resource", resource)) }
        fields += context.map { ("context", "\($0.key)=\($0.values.joined(separator: ","))") }
        return fields
    }

    /// The address that asks the same, below ``Console/root``.
    var path: String {
        "simulator?"
            + fields.map { "\($0.name)=\(PercentEncoding.queryValue($0.value))" }.joined(separator: "&")
    }
}

/// What is known of a condition key.
struct SimulatedKey {
    /// As AWS's type of a context entry has it, without "List": "string", "boolean" …
    let type: String
    /// Whether a request can have several values for it.
    let isList: Bool

    init(_ name: String) {
        let prefix = String(name.prefix { $0 != ":" }).lowercased()
        let known = ServiceCatalogue.aws.service(prefix)?.conditionKey(name) ?? ServiceCatalogue.aws.conditionKey(name)
        isList = known?.isMultivalued ?? false
        type =
            switch known?.type {
            case .bool: "boolean"
            case .numeric: "numeric"
            case .date: "date"
            case .ipAddress: "ip"
            case .string, .arn, nil: "string"
            }
    }

    /// `ContextKeyType` of <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html>.
    var entryType: String { isList ? type + "List" : type }
}
