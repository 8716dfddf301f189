import Policy

/// Versions of a policy such as people make.
enum Versions {
    /// Texts of changed documents, by what was changed.
    static func of(_ document: PolicyDocument) -> [(String, String)] {
        var versions: [(String, String)] = []
        let all = document.statements
        versions.append(
            (
                "with a version with an action more",
                text(all.map { $0.index == 0 ? edited($0, adding: "sqs:SendMessage") : json($0) })
            ))
        if all.count > 1 { versions.append(("with a version without a statement", text(all.dropLast().map(json)))) }
        if let wide = all.first(where: { $0.actions.values.count > 1 }) {
            versions.append(
                (
                    "with a version without an action",
                    text(all.map { $0.index == wide.index ? edited($0, dropping: 1) : json($0) })
                ))
        }
        return versions
    }

    /// All statements of two documents.
    static func joined(_ one: PolicyDocument, _ other: PolicyDocument) -> String {
        text((one.statements + other.statements).map(json))
    }

    private static func text(_ statements: [String]) -> String {
        "{\"Version\":\"2012-10-17\",\"Statement\":[\(statements.joined(separator: ","))]}"
    }

    private static func edited(_ statement: Statement, adding action: String? = nil, dropping count: Int = 0) -> String
    {
        let actions = statement.actions.values.map(\.value).dropLast(count) + (action.map { [$0] } ?? [])
        return json(statement, actions: Array(actions))
    }

    private static func json(_ statement: Statement) -> String {
        json(statement, actions: statement.actions.values.map(\.value))
    }

    private static func json(_ statement: Statement, actions: [String]) -> String {
        var members = ["\"Effect\":\"\(statement.effect.rawValue)\""]
        members.append("\"\(statement.actions.isNegated ? "NotAction" : "Action")\":\(list(actions))")
        if let resources = statement.resources {
            members.append(
                "\"\(resources.isNegated ? "NotResource" : "Resource")\":\(list(resources.values.map(\.value)))")
        }
        if !statement.conditions.isEmpty {
            var blocks: [String: [String]] = [:]
            for condition in statement.conditions {
                blocks[condition.operatorName.value, default: []].append(
                    "\(quoted(condition.key.value)):\(list(condition.values.map(\.value)))")
            }
            let text = blocks.sorted { $0.key < $1.key }.map {
                "\(quoted($0.key)):{\($0.value.joined(separator: ","))}"
            }
            members.append("\"Condition\":{\(text.joined(separator: ","))}")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func list(_ values: [String]) -> String { "[\(values.map(quoted).joined(separator: ","))]" }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
