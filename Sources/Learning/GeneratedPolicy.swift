public import Wire

import struct Policy.PolicyDocument

/// A policy that was written from what was seen.
public struct GeneratedPolicy: Sendable {
    let statements: [GeneratedStatement]
    /// What the ids of its statements begin with; nil: they have none.
    let statementPrefix: String?
    /// How many different accesses it covers by itself.
    public internal(set) var accesses = 0

    init(_ statements: [GeneratedStatement], statementPrefix: String? = nil) {
        self.statements = statements
        self.statementPrefix = statementPrefix
    }

    /// The actions that it allows, sorted, each once.
    public var actions: [String] { Set(statements.flatMap(\.actions)).sorted() }

    /// The document, laid out for people.
    public var text: String { Layout().text(json) }

    /// The document without white space.
    public var compactText: String {
        var writer = JSONWriter()
        writer.json(json)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// How many characters count towards a policy's limit.
    public var size: Int { PolicyDocument.nonWhitespaceCount(of: text) }

    /// The document.
    public var json: JSONValue {
        .object([
            JSONMember(key: "Version", value: .string("2012-10-17")),
            JSONMember(
                key: "Statement",
                value: .array(
                    statements.enumerated().map { index, statement in
                        statement.json(id: statementPrefix.map { "\($0)\(index)" })
                    })),
        ])
    }
}

/// Actions that are allowed on the same resources.
struct GeneratedStatement {
    var actions: [String]
    var scope: Scope

    struct Scope: Hashable {
        var resources: [String]
        var conditions: [GeneratedCondition]
    }

    var json: JSONValue { json(id: nil) }

    func json(id: String?) -> JSONValue {
        var members = [
            JSONMember(key: "Effect", value: .string("Allow")), JSONMember(key: "Action", value: .texts(actions)),
            JSONMember(key: "Resource", value: .texts(scope.resources)),
        ]
        if !scope.conditions.isEmpty {
            var tests: [JSONMember] = []
            for condition in scope.conditions {
                let key = JSONMember(key: condition.key, value: .texts(condition.values))
                if let last = tests.last, last.key == condition.test, case .object(let keys) = last.value {
                    tests[tests.count - 1].value = .object(keys + [key])
                } else {
                    tests.append(JSONMember(key: condition.test, value: .object([key])))
                }
            }
            members.append(JSONMember(key: "Condition", value: .object(tests)))
        }
        if let id { members.insert(JSONMember(key: "Sid", value: .string(id)), at: 0) }
        return .object(members)
    }

    var size: Int { PolicyDocument.nonWhitespaceCount(of: Layout().text(json)) }
}

/// A test that requests have to pass.
struct GeneratedCondition: Hashable {
    let test: String
    let key: String
    let values: [String]
}

extension JSONValue {
    /// One text by itself, several as a list.
    fileprivate static func texts(_ texts: [String]) -> JSONValue {
        if texts.count == 1, let text = texts.first { return .string(text) }
        return .array(texts.map { .string($0) })
    }
}

/// JSON as people write policies: two spaces for each level.
struct Layout {
    func text(_ json: JSONValue) -> String {
        var text = ""
        write(json, "\n", to: &text)
        return text
    }

    private func write(_ json: JSONValue, _ newline: String, to text: inout String) {
        switch json {
        case .object(let members) where !members.isEmpty:
            text += "{"
            for (index, member) in members.enumerated() {
                text += index == 0 ? "" : ","
                text += "\(newline)  \(compact(.string(member.key))): "
                write(member.value, newline + "  ", to: &text)
            }
            text += newline + "}"
        case .array(let elements) where !elements.isEmpty:
            text += "["
            for (index, element) in elements.enumerated() {
                text += index == 0 ? "" : ","
                text += newline + "  "
                write(element, newline + "  ", to: &text)
            }
            text += newline + "]"
        default: text += compact(json)
        }
    }

    private func compact(_ json: JSONValue) -> String {
        var writer = JSONWriter()
        writer.json(json)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
