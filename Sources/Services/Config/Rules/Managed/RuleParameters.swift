import AWSConfigAPI
import Platform
import Wire

/// A parameter of a managed rule.
struct RuleParameter: Sendable, Equatable {
    enum Kind: String, Sendable {
        case text = "String"
        case number = "int"
        case decimal = "double"
        case flag = "boolean"
        case list = "CSV"
        case map = "StringMap"
    }

    let name: String
    let kind: Kind
    let isRequired: Bool
    let usual: String?

    /// `maxAccessKeyAge:int=90`, `kmsKeyArns?:CSV`
    init?(_ text: Substring) {
        let halves = text.split(separator: "=", maxSplits: 1)
        guard let declared = halves.first?.split(separator: ":", maxSplits: 1), declared.count == 2,
            let kind = Kind(rawValue: String(declared[1]))
        else { return nil }
        self.kind = kind
        isRequired = !declared[0].hasSuffix("?")
        name = String(declared[0].prefix { $0 != "?" })
        usual = halves.count == 2 ? String(halves[1]) : nil
    }
}

/// The parameters that a rule is evaluated with: those of the request, and the usual ones of the others.
struct RuleParameters: Sendable, Equatable {
    private(set) var values: [String: String] = [:]

    /// The parameters as they are, for a custom rule and for tests.
    init(_ values: [String: String] = [:]) { self.values = values }

    /// Reads `InputParameters`: a JSON object of texts, numbers and truth values.
    /// - Throws: InvalidParameterValueException.
    init(parsing json: String?) throws(ServiceError) {
        guard let json, !json.isEmpty else { return }
        guard case .object(let members)? = try? JSONValue(parsing: Array(json.utf8)) else {
            throw AWSConfig.Failure.invalidParameterValueException(
                "Invalid json \(json) passed in the InputParameters field")
        }
        for member in members {
            switch member.value {
            case .string(let text): values[member.key] = text
            case .integer(let number): values[member.key] = "\(number)"
            case .double(let number): values[member.key] = "\(number)"
            case .boolean(let flag): values[member.key] = "\(flag)"
            case .null: break
            case .array, .object: values[member.key] = member.value.jsonText
            }
        }
    }

    /// Checks that they are those of a managed rule.
    /// - Throws: InvalidParameterValueException, with AWS's words.
    func check(_ parameters: [RuleParameter]) throws(ServiceError) {
        let unknown = values.filter { value in !parameters.contains { $0.name == value.key } }
        if !unknown.isEmpty {
            let shown = unknown.sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: .string($0.value)) }
            throw AWSConfig.Failure.invalidParameterValueException(
                "Unknown parameters provided in the inputParameters: \(JSONValue.object(shown).jsonText).")
        }
        for parameter in parameters {
            guard let value = values[parameter.name] else {
                guard !parameter.isRequired || parameter.usual != nil else {
                    throw AWSConfig.Failure.invalidParameterValueException(
                        "The required parameter [\(parameter.name)] is not present in the inputParameters.")
                }
                continue
            }
            if value.allSatisfy({ $0 == " " }) {
                throw AWSConfig.Failure.invalidParameterValueException(
                    "Blank spaces are not acceptable for input parameter: \(parameter.name).")
            }
            let isValid =
                switch parameter.kind {
                case .number: Int(value).map { $0 >= 0 } ?? false
                case .decimal: Double(value) != nil
                case .flag: Self.flag(value) != nil
                case .text, .list, .map: true
                }
            guard isValid else {
                throw AWSConfig.Failure.invalidParameterValueException(
                    "The value \(value) of the parameter \(parameter.name) is not of the type \(parameter.kind.rawValue).")
            }
        }
    }

    /// With the usual values of those that are not given.
    func completed(_ parameters: [RuleParameter]) -> RuleParameters {
        var all = self
        for parameter in parameters where all.values[parameter.name] == nil { all.values[parameter.name] = parameter.usual }
        return all
    }

    subscript(_ name: String) -> String? { values[name] }

    func number(_ name: String) -> Int? { values[name].flatMap { Int($0) } }

    func flag(_ name: String) -> Bool? { values[name].flatMap(Self.flag) }

    /// The texts between commas.
    func list(_ name: String) -> [String] {
        (values[name] ?? "").split(separator: ",").map { text in
            String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }

    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// As a JSON object of texts, its members by name.
    var json: JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: .string($0.value)) })
    }
}
