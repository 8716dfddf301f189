import Posture
import Wire

/// The template of a conformance pack: rules and remediations, as CloudFormation writes them, with parameters and conditions.
/// <https://docs.aws.amazon.com/config/latest/developerguide/custom-conformance-pack.html>
public struct PackTemplate: Sendable {
    struct Problem: Error, Sendable {
        let reason: String
    }

    /// A resource of the template, its references filled in.
    struct Resource: Sendable {
        let logicalID: String
        let type: String
        let properties: JSONValue
    }

    let resources: [Resource]

    /// The types that a pack may have.
    private static let types = ["AWS::Config::ConfigRule", "AWS::Config::RemediationConfiguration"]
    private static let mostRules = 130

    /// - Parameters:
    ///   - given: the parameters of the request.
    ///   - pseudo: `AWS::Region` and so on.
    init(_ text: String, given: [String: String], pseudo: [String: String]) throws(Problem) {
        let json: JSONValue
        do throws(YAMLDocument.Problem) { json = try YAMLDocument.parse(text) } catch {
            throw Problem(reason: error.reason)
        }
        let conditions = Dictionary((json["Conditions"]?.members ?? []).map { ($0.key, $0.value) }) { first, _ in first
        }
        var filler = TemplateFiller(values: pseudo, conditions: conditions)
        let declared = json["Parameters"]?.members ?? []
        for parameter in declared {
            if let value = given[parameter.key] {
                filler.values[parameter.key] = value
            } else if let usual = parameter.value["Default"], let text = TemplateFiller.text(usual) {
                filler.values[parameter.key] = text
            } else {
                throw Problem(reason: "The parameter \(parameter.key) must have a value.")
            }
        }
        if let unknown = given.keys.sorted().first(where: { name in !declared.contains { $0.key == name } }) {
            throw Problem(reason: "The parameter \(unknown) does not exist in the template.")
        }
        guard case .object(let listed)? = json["Resources"], !listed.isEmpty else {
            throw Problem(reason: "At least one resource must be defined.")
        }
        var found: [Resource] = []
        for member in listed {
            guard let type = member.value["Type"]?.text, Self.types.contains(type) else {
                throw Problem(
                    reason: "The resource \(member.key) is of a type that a conformance pack can't have here:"
                        + " \(member.value["Type"]?.text ?? "none").")
            }
            if let condition = member.value["Condition"]?.text, try !filler.holds(condition) { continue }
            let properties = try filler.filled(member.value["Properties"] ?? .object([])) ?? .object([])
            found.append(Resource(logicalID: member.key, type: type, properties: properties))
        }
        guard found.count(where: { $0.type == Self.types[0] }) <= Self.mostRules else {
            throw Problem(reason: "A conformance pack has at most \(Self.mostRules) rules.")
        }
        resources = found
    }
}

/// Fills in a template's references.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
struct TemplateFiller {
    /// Parameters and pseudo parameters.
    var values: [String: String]
    let conditions: [String: JSONValue]
    private let budget = Budget()
    private var depth = 0
    private static let mostDepth = 64

    /// What may be made of one template. References multiply what they stand for, and conditions each other.
    private final class Budget {
        private var left = 4 << 20

        /// - Parameter size: in bytes of text; a value counts as some, too.
        func charge(_ size: Int) throws(PackTemplate.Problem) {
            guard size <= left else { throw Problem(reason: "The template is too large when it is filled in.") }
            left -= size
        }
    }

    private static let sizeOfValue = 16

    init(values: [String: String], conditions: [String: JSONValue]) {
        self.values = values
        self.conditions = conditions
    }

    static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .double(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .array(let elements):
            elements.allSatisfy { text($0) != nil } ? elements.compactMap { text($0) }.joined(separator: ",") : nil
        default: nil
        }
    }

    private typealias Problem = PackTemplate.Problem

    /// nil: `AWS::NoValue`.
    func filled(_ value: JSONValue) throws(PackTemplate.Problem) -> JSONValue? {
        var deeper = self
        deeper.depth += 1
        guard deeper.depth < Self.mostDepth else { throw Problem(reason: "The template nests too deeply.") }
        try budget.charge(Self.sizeOfValue + (value.text?.utf8.count ?? 0))
        switch value {
        case .array(let elements):
            var found: [JSONValue] = []
            for element in elements { if let one = try deeper.filled(element) { found.append(one) } }
            return .array(found)
        case .object(let members):
            if members.count == 1, let only = members.first, only.key == "Ref" || only.key.hasPrefix("Fn::") {
                return try deeper.function(only.key, only.value)
            }
            var found: [JSONMember] = []
            for member in members {
                if let one = try deeper.filled(member.value) { found.append(JSONMember(key: member.key, value: one)) }
            }
            return .object(found)
        default: return value
        }
    }

    private func function(_ name: String, _ argument: JSONValue) throws(PackTemplate.Problem) -> JSONValue? {
        switch name {
        case "Ref":
            guard let target = argument.text else { throw Problem(reason: "A Ref names no text.") }
            if target == "AWS::NoValue" { return nil }
            // Of a rule, its name: what makes the rule says it.
            let text = values[target] ?? Self.reference(to: target)
            try budget.charge(text.utf8.count)
            return .string(text)
        case "Fn::If":
            let parts = argument.elements
            guard parts.count == 3, let condition = parts[0].text else {
                throw Problem(reason: "Fn::If has three parts.")
            }
            return try filled(try holds(condition) ? parts[1] : parts[2])
        case "Fn::Sub": return .string(try substituted(argument))
        case "Fn::Join":
            guard argument.elements.count == 2, let delimiter = argument.elements[0].text,
                let list = try filled(argument.elements[1])
            else { throw Problem(reason: "Fn::Join has a delimiter and a list.") }
            let texts = list.elements.compactMap { Self.text($0) }
            try budget.charge(texts.count * delimiter.utf8.count)
            try budget.charge(texts.reduce(0) { $0 + $1.utf8.count })
            return .string(texts.joined(separator: delimiter))
        case "Fn::Select":
            guard argument.elements.count == 2, let place = Self.text(argument.elements[0]).flatMap({ Int($0) }),
                let list = try filled(argument.elements[1])?.elements, list.indices.contains(place)
            else { throw Problem(reason: "Fn::Select has a number and a list that is long enough.") }
            return list[place]
        case "Fn::Split":
            guard argument.elements.count == 2, let delimiter = argument.elements[0].text, delimiter.count == 1,
                let text = try filled(argument.elements[1])?.text
            else { throw Problem(reason: "Fn::Split has a delimiter and a text.") }
            try budget.charge((text.utf8.count + 1) * Self.sizeOfValue)
            return .array(
                text.split(separator: Character(delimiter), omittingEmptySubsequences: false).map {
                    .string(String($0))
                })
        default: throw Problem(reason: "The function \(name) can't be used in a conformance pack here.")
        }
    }

    /// What stands for a resource of the template.
    static func reference(to logicalID: String) -> String { "\u{0}\(logicalID)" }

    private func substituted(_ argument: JSONValue) throws(PackTemplate.Problem) -> String {
        var own: [String: String] = [:]
        var template = argument.text
        if argument.elements.count == 2 {
            template = argument.elements[0].text
            for member in argument.elements[1].members {
                own[member.key] = try filled(member.value).flatMap { Self.text($0) } ?? ""
            }
        }
        guard let template else { throw Problem(reason: "Fn::Sub has no text.") }
        try budget.charge(template.utf8.count)
        var result = ""
        var rest = Substring(template)
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                throw Problem(reason: "Fn::Sub has a variable without an end.")
            }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            if name.hasPrefix("!") {
                result += "${\(name.dropFirst())}"
            } else if let value = own[name] ?? values[name] {
                try budget.charge(value.utf8.count)
                result += value
            } else {
                throw Problem(reason: "Fn::Sub names \(name), which is no parameter.")
            }
        }
        return result + rest
    }

    // MARK: Conditions

    func holds(_ condition: String) throws(PackTemplate.Problem) -> Bool {
        guard let declared = conditions[condition] else {
            throw Problem(reason: "The condition \(condition) does not exist.")
        }
        return try evaluate(declared)
    }

    private func evaluate(_ value: JSONValue) throws(PackTemplate.Problem) -> Bool {
        var deeper = self
        deeper.depth += 1
        guard deeper.depth < Self.mostDepth else { throw Problem(reason: "Conditions refer to each other.") }
        try budget.charge(Self.sizeOfValue)
        guard value.members.count == 1, let only = value.members.first else {
            throw Problem(reason: "A condition has one function.")
        }
        let arguments = only.value.elements
        switch only.key {
        case "Condition":
            guard let name = only.value.text else { throw Problem(reason: "A condition is named by a text.") }
            return try deeper.holds(name)
        case "Fn::Equals":
            guard arguments.count == 2 else { throw Problem(reason: "Fn::Equals has two values.") }
            let (left, right) = (try deeper.filled(arguments[0]), try deeper.filled(arguments[1]))
            return left.flatMap { Self.text($0) } == right.flatMap { Self.text($0) }
        case "Fn::Not":
            guard let first = arguments.first else { throw Problem(reason: "Fn::Not has a condition.") }
            return try !deeper.evaluate(first)
        case "Fn::And":
            for one in arguments where try !deeper.evaluate(one) { return false }
            return true
        case "Fn::Or":
            for one in arguments where try deeper.evaluate(one) { return true }
            return false
        default: throw Problem(reason: "The function \(only.key) is no condition.")
        }
    }
}
