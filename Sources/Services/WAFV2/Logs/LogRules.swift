import Platform
import WAF
import WAFV2API

/// What a log does not show.
struct Redaction: Sendable {
    static let text = "REDACTED"

    var hidesPath = false
    var hidesQuery = false
    var hidesMethod = false
    /// In lower case.
    var headers: Set<String> = []

    init(_ fields: [WAFV2.FieldToMatch]) {
        for field in fields {
            switch try? FieldReading.field(field) {
            case .uriPath: hidesPath = true
            case .queryString: hidesQuery = true
            case .method: hidesMethod = true
            case .singleHeader(let name): headers.insert(name.lowercased())
            default: continue
            }
        }
    }
}

/// Which requests a log keeps. The first filter that fits a request decides.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_LoggingFilter.html>
struct LogFilter: Sendable {
    private enum Condition: Sendable {
        case action(String)
        case label(String)
    }

    private struct Filter: Sendable {
        let keeps: Bool
        let needsAll: Bool
        let conditions: [Condition]
    }

    private let filters: [Filter]
    private let keepsOthers: Bool

    /// - Parameter view: nil: all are kept.
    init(_ view: WAFV2.LoggingFilter?) {
        keepsOthers = view?.defaultBehavior != "DROP"
        filters = (view?.filters ?? []).map { filter in
            Filter(
                keeps: filter.behavior == "KEEP", needsAll: filter.requirement == "MEETS_ALL",
                conditions: filter.conditions.compactMap { condition in
                    condition.actionCondition.map { .action($0.action) }
                        ?? condition.labelNameCondition.map { .label($0.labelName) }
                })
        }
    }

    func keeps(_ seen: LoggedRequest) -> Bool {
        for filter in filters {
            let fits =
                filter.needsAll
                ? filter.conditions.allSatisfy { Self.holds($0, seen) }
                : filter.conditions.contains { Self.holds($0, seen) }
            if fits { return filter.keeps }
        }
        return keepsOthers
    }

    private static func holds(_ condition: Condition, _ seen: LoggedRequest) -> Bool {
        switch condition {
        case .label(let name): seen.verdict.labels.contains(name)
        case .action("EXCLUDED_AS_COUNT"):
            seen.matches.contains { $0.isExcluded || ($0.action == .count && $0.overridden != nil) }
        case .action(let action):
            seen.verdict.outcome.kind.rawValue == action
                || seen.matches.contains { $0.action.rawValue == action }
        }
    }
}

/// The log of a web ACL.
struct WebACLLog: Sendable {
    /// Whether the web ACL has one.
    let isWanted: Bool
    private let redaction: Redaction
    private let filter: LogFilter

    /// - Parameter view: nil: no log was asked for.
    init(_ acl: WAF.WebACL, _ view: WAFV2.LoggingConfiguration?) {
        isWanted = view != nil
        redaction = Redaction(view?.redactedFields ?? [])
        filter = LogFilter(view?.loggingFilter)
    }

    /// Writes a request into the log; no request waits for that.
    func take(_ seen: LoggedRequest, _ acl: ReadyWebACL, _ environment: Environment) {
        guard filter.keeps(seen) else { return }
        environment.projection(WebACLLogQueue.self).add(
            LogRecord.line(seen, acl: acl.arn, redacting: redaction), of: acl.arn, isDelivered: isWanted, environment)
    }
}
