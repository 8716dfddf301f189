import Policy

/// Who may assume a role, by its trust policy.
struct TrustSummary {
    /// A principal under one statement.
    struct Row: Sendable {
        let trusted: String
        let kind: String
        let effect: String
        let allowedActions: String
        let condition: String
        var isDeny: Bool { effect == "Deny" }
    }

    let rows: [Row]

    /// Empty for a text that is no trust policy.
    init(_ text: String) {
        guard let document = try? PolicyDocument(parsing: text, as: .roleTrust, strictness: .evaluable) else {
            rows = []
            return
        }
        rows = document.statements.flatMap { statement -> [Row] in
            let conditions = statement.conditions.map { condition in
                "\(condition.key.value) \(condition.operatorName.value) "
                    + condition.values.map(\.value).joined(separator: ", ")
            }
            return (statement.principals?.entries ?? []).map { entry in
                Row(
                    trusted: (statement.principals?.isNegated == true ? "All but " : "") + entry.value,
                    kind: Self.kind(entry.type), effect: statement.effect.rawValue,
                    allowedActions: statement.actions.values.map(\.value).joined(separator: ", "),
                    condition: conditions.isEmpty ? "None" : conditions.joined(separator: "; "))
            }
        }
    }

    /// In short, for a list: "AWS service: ec2", "Account: 123456789012".
    var names: [String] {
        rows.filter { !$0.isDeny }.map { row in
            if row.kind == "AWS service" { return row.kind + ": " + row.trusted.replacing(".amazonaws.com", with: "") }
            let parts = row.trusted.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6 else { return row.kind + ": " + row.trusted }
            return parts[5] == "root" ? "Account: \(parts[4])" : "\(row.kind): \(parts[5])"
        }
    }

    private static func kind(_ type: String) -> String {
        switch type {
        case "Service": "AWS service"
        case "Federated": "Identity provider"
        case "AWS": "AWS"
        default: "Everyone"
        }
    }
}
