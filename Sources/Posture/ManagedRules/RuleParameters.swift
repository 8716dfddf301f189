public import Wire

/// A parameter of a managed rule.
package struct RuleParameter: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case text = "String"
        case number = "int"
        case decimal = "double"
        case flag = "boolean"
        case list = "CSV"
        case map = "StringMap"
    }

    package let name: String
    package let kind: Kind
    package let isRequired: Bool
    package let usual: String?

    /// `maxAccessKeyAge:int=90`, `kmsKeyArns?:CSV`
    package init?(_ text: Substring) {
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
package struct RuleParameters: Sendable, Equatable {
    package private(set) var values: [String: String] = [:]

    /// The parameters as they are, for a custom rule and for tests.
    package init(_ values: [String: String] = [:]) { self.values = values }

    /// With the usual values of those that are not given.
    package func completed(_ parameters: [RuleParameter]) -> RuleParameters {
        var all = self
        for parameter in parameters where all.values[parameter.name] == nil {
            all.values[parameter.name] = parameter.usual
        }
        return all
    }

    package subscript(_ name: String) -> String? { values[name] }

    package func number(_ name: String) -> Int? { values[name].flatMap { Int($0) } }

    package func flag(_ name: String) -> Bool? { values[name].flatMap(Self.flag) }

    /// The texts between commas.
    package func list(_ name: String) -> [String] {
        (values[name] ?? "").split(separator: ",").map { text in
            String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }

    package static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// As a JSON object of texts, its members by name.
    package var json: JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: .string($0.value)) })
    }
}
