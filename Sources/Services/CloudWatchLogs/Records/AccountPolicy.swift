import Ledger
import LogPatterns
import Platform
import Wire

/// A policy for all log groups of an account in a Region.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>
struct AccountPolicy: Record {
    static let kind = "AWS::Logs::AccountPolicy"

    /// What it is about, as AWS calls it. There is one of each in an account and Region.
    enum Subject: String, Codable, Sendable {
        case subscription = "SUBSCRIPTION_FILTER_POLICY"
        case dataProtection = "DATA_PROTECTION_POLICY"
    }

    let name: String
    let subject: Subject
    let document: String
    let selectionCriteria: String?
    /// Milliseconds since 1970.
    let updated: Int

    var id: String { Self.id(subject, name) }

    static func id(_ subject: Subject, _ name: String) -> String { "\(subject.rawValue) \(name)" }

    /// What a subscription policy says; nil: it is about something else.
    var subscription: SubscriptionRule? { subject == .subscription ? SubscriptionRule(document: document) : nil }

    /// The names of groups that it is not for.
    var exceptions: Set<String> { selectionCriteria.flatMap { Self.exceptions(in: $0) } ?? [] }

    /// The names in `LogGroupName NOT IN ["a", "b"]`.
    /// - Returns: nil: it is none of that form.
    static func exceptions(in criteria: String) -> Set<String>? {
        guard let bracket = criteria.firstIndex(of: "["),
            criteria[..<bracket].split(separator: " ") == ["LogGroupName", "NOT", "IN"],
            case .array(let names)? = try? JSONValue(parsing: Array(criteria[bracket...].utf8))
        else { return nil }
        var found: Set<String> = []
        for name in names {
            guard case .string(let text) = name else { return nil }
            found.insert(text)
        }
        return found
    }
}

extension SubscriptionRule {
    /// Of a subscription policy's document: `{"DestinationArn": …, "FilterPattern": …}`.
    /// - Returns: nil: it is none.
    init?(document: String) {
        guard let value = try? JSONValue(parsing: Array(document.utf8)), case .object(let members) = value,
            Set(members.map(\.key)).isSubset(of: ["DestinationArn", "RoleArn", "FilterPattern", "Distribution"]),
            case .string(let destination)? = value["DestinationArn"]
        else { return nil }
        func text(_ key: String) -> String? {
            if case .string(let text)? = value[key] { text } else { nil }
        }
        let distribution = text("Distribution") ?? "ByLogStream"
        guard distribution == "ByLogStream" || distribution == "Random" else { return nil }
        let pattern = text("FilterPattern") ?? ""
        guard let read = try? FilterPattern(pattern) else { return nil }
        self.init(
            pattern: pattern, destinationARN: destination, roleARN: text("RoleArn"), distribution: distribution,
            hasExpression: read.expressionCount > 0)
    }
}
