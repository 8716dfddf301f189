import Policy
import Wire

/// A statement as it is to be written.
struct StatementText: Equatable {
    var sid: String?
    var effect: Statement.Effect = .allow
    /// By type, in order; `[("*", ["*"])]` is `"Principal": "*"`.
    var principals: [Group] = []
    var isNotPrincipal = false
    var actions: [String]
    var isNotAction = false
    /// nil: a trust policy's statement has none.
    var resources: [String]?
    var isNotResource = false
    /// By operator, in order.
    var conditions: [Condition] = []

    struct Group: Equatable {
        var name: String
        var values: [String]
    }

    struct Condition: Equatable {
        var operatorName: String
        var keys: [Group]
    }

    init(allowing action: String, on resource: String?) {
        actions = [action]
        resources = resource.map { [$0] }
    }

    init(_ statement: Statement) {
        sid = statement.sid?.value
        effect = statement.effect
        for entry in statement.principals?.entries ?? [] {
            if let index = principals.firstIndex(where: { $0.name == entry.type }) {
                principals[index].values.append(entry.value)
            } else {
                principals.append(Group(name: entry.type, values: [entry.value]))
            }
        }
        isNotPrincipal = statement.principals?.isNegated ?? false
        actions = statement.actions.values.map(\.value)
        isNotAction = statement.actions.isNegated
        resources = statement.resources?.values.map(\.value)
        isNotResource = statement.resources?.isNegated ?? false
        for condition in statement.conditions {
            add(condition.operatorName.value, condition.key.value, condition.values.map(\.value))
        }
    }

    /// Adds a condition; the key must not be there under the operator.
    mutating func add(_ operatorName: String, _ key: String, _ values: [String]) {
        let group = Group(name: key, values: values)
        if let index = conditions.firstIndex(where: { $0.operatorName == operatorName }) {
            conditions[index].keys.append(group)
        } else {
            conditions.append(Condition(operatorName: operatorName, keys: [group]))
        }
    }

    /// The statement as JSON: on several lines, or on one.
    func json(isOnOneLine: Bool = false) -> String { lines.joined(separator: isOnOneLine ? " " : "\n") }

    /// The statement as indented JSON.
    var lines: [String] {
        var members: [[String]] = []
        if let sid { members.append(["\"Sid\": \(quoted(sid))"]) }
        members.append(["\"Effect\": \(quoted(effect.rawValue))"])
        if !principals.isEmpty {
            let name = isNotPrincipal ? "NotPrincipal" : "Principal"
            if principals.count == 1, principals[0].name == "*" {
                members.append(["\"\(name)\": \"*\""])
            } else {
                members.append(object(name, principals.map { list($0.name, $0.values) }))
            }
        }
        members.append(list(isNotAction ? "NotAction" : "Action", actions))
        if let resources { members.append(list(isNotResource ? "NotResource" : "Resource", resources)) }
        if !conditions.isEmpty {
            members.append(
                object(
                    "Condition",
                    conditions.map { condition in
                        object(condition.operatorName, condition.keys.map { list($0.name, $0.values) })
                    }))
        }
        return ["{"] + Self.inside(members) + ["}"]
    }

    private func list(_ name: String, _ values: [String]) -> [String] {
        if values.count == 1 { return ["\(quoted(name)): \(quoted(values[0]))"] }
        return ["\(quoted(name)): ["] + Self.inside(values.map { [quoted($0)] }) + ["]"]
    }

    private func object(_ name: String, _ members: [[String]]) -> [String] {
        ["\(quoted(name)): {"] + Self.inside(members) + ["}"]
    }

    /// Members or elements, indented and with commas between them.
    private static func inside(_ parts: [[String]]) -> [String] {
        parts.enumerated().flatMap { number, lines in
            lines.enumerated().map { index, line in
                "  " + line + (index == lines.count - 1 && number < parts.count - 1 ? "," : "")
            }
        }
    }

    private func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension StatementText {
    /// A Sid that no other statement has; Sids are letters and digits.
    static func sid(_ wish: String, beside statements: [Statement]) -> String {
        let plain = String(wish.filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
        let taken = Set(statements.compactMap { $0.sid?.value })
        var sid = plain
        var number = 2
        while taken.contains(sid) {
            sid = "\(plain)\(number)"
            number += 1
        }
        return sid
    }

    /// The pattern that matches one resource and no other; nil: there is none in that version of the language.
    static func pattern(for resource: String, version: PolicyDocument.Version) -> String? {
        guard resource != "*", resource.utf8.contains(where: { "*?".utf8.contains($0) }) || resource.contains("${")
        else {
            return resource
        }
        guard version == .v2012 else { return nil }
        var pattern = ""
        for character in resource.unicodeScalars {
            switch character {
            case "*", "?", "$": pattern += "${\(character)}"
            default: pattern.unicodeScalars.append(character)
            }
        }
        return pattern
    }
}
