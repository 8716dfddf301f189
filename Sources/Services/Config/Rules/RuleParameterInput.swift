import AWSConfigAPI
import Platform
import Posture
import Wire

// The parameters of rules as requests have them.

extension RuleParameters {
    /// Reads `InputParameters`: a JSON object of texts, numbers and truth values.
    /// - Throws: InvalidParameterValueException.
    init(parsing json: String?) throws(ServiceError) {
        guard let json, !json.isEmpty else {
            self.init()
            return
        }
        guard case .object(let members)? = try? JSONValue(parsing: Array(json.utf8)) else {
            throw AWSConfig.Failure.invalidParameterValueException(
                "Invalid json \(json) passed in the InputParameters field")
        }
        var values: [String: String] = [:]
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
        self.init(values)
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
                    "The value \(value) of the parameter \(parameter.name) is not of the type \(parameter.kind.rawValue)."
                )
            }
        }
    }
}
