import Wire

/// Reads a custom lens, with the limits of AWS's specification.
/// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/lenses-format-specification.html>
struct LensReading {
    /// Where something is wrong, and what.
    struct Problem: Error {
        let place: String
        let message: String
    }

    /// A custom lens has no more bytes.
    static let longest = 500_000

    /// - Throws: ``Problem``.
    static func read(_ text: String) throws(Problem) -> LensDefinition {
        guard text.utf8.count <= longest else {
            throw Problem(place: "JSONString", message: "A custom lens cannot exceed 500 KB in size.")
        }
        let json: JSONValue
        do { json = try JSONValue(parsing: Array(text.utf8), depthLimit: 16) } catch {
            throw Problem(place: "JSONString", message: "The lens is not valid JSON: \(error).")
        }
        guard case .object = json else { throw Problem(place: "JSONString", message: "The lens is not a JSON object.") }
        let version = try LensReading.text(json, "schemaVersion", at: "", most: 32)
        guard version == "2021-11-01" else {
            throw Problem(place: "schemaVersion", message: "schemaVersion must be 2021-11-01.")
        }
        let pillars = try elements(json, "pillars", at: "", most: 10).enumerated().map { entry throws(Problem) in
            try pillar(entry.element, at: "pillars[\(entry.offset)]")
        }
        try checkAreUnique(pillars.map(\.id), at: "pillars")
        try checkAreUnique(pillars.flatMap { $0.questions.map(\.id) }, at: "questions")
        return LensDefinition(
            name: try LensReading.text(json, "name", at: "", most: 128),
            description: try LensReading.text(json, "description", at: "", most: 2048), pillars: pillars)
    }

    private static func pillar(_ json: JSONValue, at place: String) throws(Problem) -> LensDefinition.Pillar {
        let questions = try elements(json, "questions", at: place, most: 20).enumerated().map {
            entry throws(Problem) in
            try question(entry.element, at: "\(place).questions[\(entry.offset)]")
        }
        return LensDefinition.Pillar(
            id: try identifier(json, at: place), name: try text(json, "name", at: place, most: 128),
            questions: questions)
    }

    private static func question(_ json: JSONValue, at place: String) throws(Problem) -> LensDefinition.Question {
        let choices = try elements(json, "choices", at: place, most: 15).enumerated().map { entry throws(Problem) in
            try choice(entry.element, at: "\(place).choices[\(entry.offset)]")
        }
        try checkAreUnique(choices.map(\.id), at: "\(place).choices")
        let rules = try elements(json, "riskRules", at: place, most: 3).enumerated().map { entry throws(Problem) in
            try rule(entry.element, choices, at: "\(place).riskRules[\(entry.offset)]")
        }
        guard rules.contains(where: { if case .always = $0.condition { true } else { false } }) else {
            throw Problem(place: "\(place).riskRules", message: "There must be a rule with the condition default.")
        }
        return LensDefinition.Question(
            id: try identifier(json, at: place), title: try text(json, "title", at: place, most: 128),
            description: try optional(json, "description", at: place, most: 2048),
            help: try content(json, "helpfulResource", at: place), choices: choices, rules: rules)
    }

    private static func choice(_ json: JSONValue, at place: String) throws(Problem) -> LensDefinition.Choice {
        guard let plan = try content(json, "improvementPlan", at: place) else {
            throw Problem(place: "\(place).improvementPlan", message: "A choice must have an improvement plan.")
        }
        var choice = LensDefinition.Choice(
            id: try identifier(json, at: place), title: try text(json, "title", at: place, most: 128))
        choice.description = try optional(json, "description", at: place, most: 1024)
        choice.help = try content(json, "helpfulResource", at: place)
        choice.plan = plan
        if json["additionalResources"] != nil {
            choice.additional = try elements(json, "additionalResources", at: place, most: 2).map {
                entry throws(Problem) in
                try additional(entry, at: "\(place).additionalResources")
            }
        }
        return choice
    }

    private static func additional(
        _ json: JSONValue, at place: String
    ) throws(Problem) -> LensDefinition.AdditionalContent {
        let type = try text(json, "type", at: place, most: 32)
        guard type == "HELPFUL_RESOURCE" || type == "IMPROVEMENT_PLAN" else {
            throw Problem(place: "\(place).type", message: "type must be HELPFUL_RESOURCE or IMPROVEMENT_PLAN.")
        }
        let contents = try elements(json, "content", at: place, most: 5).map { entry throws(Problem) in
            LensDefinition.Content(
                text: try optional(entry, "displayText", at: place, most: 1024),
                url: try address(entry, at: place))
        }
        return LensDefinition.AdditionalContent(type: type, contents: contents)
    }

    private static func rule(
        _ json: JSONValue, _ choices: [LensDefinition.Choice], at place: String
    ) throws(Problem) -> RiskRule {
        let text = try text(json, "condition", at: place, most: 4096)
        let condition: RiskCondition
        do { condition = try RiskConditionParser.parse(text) } catch {
            throw Problem(place: "\(place).condition", message: "The condition can't be read: \(error.message).")
        }
        let known = Set(choices.map(\.id))
        if let unknown = condition.choices.first(where: { !known.contains($0) }) {
            throw Problem(place: "\(place).condition", message: "The question has no choice \(unknown).")
        }
        let risk: Risk
        switch try LensReading.text(json, "risk", at: place, most: 16) {
        case "HIGH_RISK": risk = .high
        case "MEDIUM_RISK": risk = .medium
        case "NO_RISK": risk = .none
        default:
            throw Problem(place: "\(place).risk", message: "risk must be HIGH_RISK, MEDIUM_RISK or NO_RISK.")
        }
        return RiskRule(condition: condition, risk: risk)
    }

    // MARK: Members

    private static func content(
        _ json: JSONValue, _ key: String, at place: String
    ) throws(Problem) -> LensDefinition.Content? {
        guard let content = json[key], content != .null else { return nil }
        return LensDefinition.Content(
            text: try text(content, "displayText", at: "\(place).\(key)", most: 1024),
            url: try address(content, at: "\(place).\(key)"))
    }

    private static func address(_ json: JSONValue, at place: String) throws(Problem) -> String? {
        guard let url = try optional(json, "url", at: place, most: 512) else { return nil }
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            throw Problem(place: "\(place).url", message: "url must be an address of HTTP.")
        }
        return url
    }

    private static func identifier(_ json: JSONValue, at place: String) throws(Problem) -> String {
        let id = try text(json, "id", at: place, most: 64)
        let isFine =
            id.utf8.count >= 3
            && id.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == UInt8(ascii: "_")
            }
        guard isFine else {
            throw Problem(
                place: "\(place).id", message: "An id has 3 to 64 letters, digits and underscores: \(id).")
        }
        return id
    }

    private static func text(
        _ json: JSONValue, _ key: String, at place: String, most: Int
    ) throws(Problem) -> String {
        guard let text = try optional(json, key, at: place, most: most) else {
            throw Problem(place: join(place, key), message: "\(join(place, key)) is missing.")
        }
        return text
    }

    private static func optional(
        _ json: JSONValue, _ key: String, at place: String, most: Int
    ) throws(Problem) -> String? {
        switch json[key] {
        case nil, .null?: return nil
        case .string(let text)?:
            guard !text.isEmpty, text.unicodeScalars.count <= most else {
                throw Problem(
                    place: join(place, key), message: "\(join(place, key)) must have 1 to \(most) characters.")
            }
            return text
        default: throw Problem(place: join(place, key), message: "\(join(place, key)) must be a string.")
        }
    }

    private static func elements(
        _ json: JSONValue, _ key: String, at place: String, most: Int
    ) throws(Problem) -> [JSONValue] {
        guard case .array(let elements)? = json[key], !elements.isEmpty, elements.count <= most else {
            throw Problem(
                place: join(place, key), message: "\(join(place, key)) must be a list of 1 to \(most) elements.")
        }
        return elements
    }

    private static func join(_ place: String, _ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

    private static func checkAreUnique(_ ids: [String], at place: String) throws(Problem) {
        var seen: Set<String> = []
        for id in ids where !seen.insert(id).inserted {
            throw Problem(place: place, message: "The id \(id) is there twice in \(place).")
        }
    }
}
