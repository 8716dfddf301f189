import Platform
import Synchronization
import WAF
import WAFV2API

extension Metric {
    /// Under the names that CloudWatch has for them.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html>
    static let webRequests = Metric(
        "gatehouse_waf_requests_total",
        "Requests that web ACLs have seen, by the metric names of the web ACL and of the rule that has matched.",
        labels: ["web_acl", "rule", "metric"])
    /// Requests that could not be decided on, since the web ACL could not be made ready.
    static let undecidedRequests = Metric(
        "gatehouse_waf_failures_total", "Requests that were refused since their web ACL can't be asked.")
}

/// Counts what a web ACL does, by the names that its rules have in metrics.
final class WebACLMetrics: Sendable {
    /// What is counted, as CloudWatch names it.
    enum Name: String, Sendable {
        case allowed = "AllowedRequests"
        case blocked = "BlockedRequests"
        case counted = "CountedRequests"
        case captcha = "CaptchaRequests"
        case challenge = "ChallengeRequests"
        case validCaptcha = "RequestsWithValidCaptchaToken"
        case validChallenge = "RequestsWithValidChallengeToken"
        case captchasAttempted = "CaptchasAttempted"
        case captchasSolved = "CaptchasSolved"

        init(_ action: RuleAction.Kind) {
            switch action {
            case .allow: self = .allowed
            case .block: self = .blocked
            case .count: self = .counted
            case .captcha: self = .captcha
            case .challenge: self = .challenge
            }
        }
    }

    private struct Key: Hashable {
        let rule: String
        let name: Name
    }

    /// The name of the web ACL's own metric; nil: it has none.
    private let own: String?
    /// Those of its rules that have one.
    private let rules: [String: String]
    /// Those of rules within groups, by the web ACL's rules that refer to the groups; of managed groups the names stand for
    /// themselves.
    private let inGroups: [String: [String: String]]
    private let metrics: Metrics
    private let traffic: WebTraffic
    /// Looked up once.
    private let counters = Mutex<[Key: Metrics.Counter]>([:])

    /// - Parameter groups: the views of own rule groups, by the names of the web ACL's rules that refer to them.
    init(
        _ view: WAFV2.WebACL, groups: [String: WAFV2.RuleGroup], _ metrics: Metrics, _ traffic: WebTraffic
    ) {
        func name(_ config: WAFV2.VisibilityConfig) -> String? {
            config.cloudWatchMetricsEnabled ? config.metricName : nil
        }
        own = name(view.visibilityConfig)
        rules = Dictionary(
            (view.rules ?? []).compactMap { rule in name(rule.visibilityConfig).map { (rule.name, $0) } }
        ) { first, _ in first }
        inGroups = groups.mapValues { group in
            Dictionary((group.rules ?? []).compactMap { rule in name(rule.visibilityConfig).map { (rule.name, $0) } }) {
                first, _ in first
            }
        }
        self.metrics = metrics
        self.traffic = traffic
    }

    /// Counts a request.
    func count(_ verdict: Verdict) {
        for match in verdict.counting {
            add(match.rule, Name(match.action))
            if match.action == .captcha { add(match.rule, .validCaptcha) }
            if match.action == .challenge { add(match.rule, .validChallenge) }
        }
        for group in verdict.groups {
            guard let outer = rules[group.rule] else { continue }
            for match in group.counting + (group.terminating.map { [$0] } ?? []) {
                // An own group's rules have metrics where they say so, a managed group's always.
                guard let inner = inGroups[group.rule].map({ $0[match.rule] }) ?? match.rule else { continue }
                add(to: "\(outer)/\(inner)", Name(match.action))
            }
        }
        let name = Name(verdict.outcome.kind)
        if let terminating = verdict.terminating {
            add(terminating.rule, name)
        } else {
            add(to: "Default_Action", name)
        }
        add(to: "ALL", name)
    }

    /// Counts a puzzle that somebody has tried.
    func countPuzzle(isSolved: Bool) {
        add(to: "ALL", .captchasAttempted)
        if isSolved { add(to: "ALL", .captchasSolved) }
    }

    private func add(_ rule: String, _ name: Name) {
        if let metric = rules[rule] { add(to: metric, name) }
    }

    private func add(to rule: String, _ name: Name) {
        guard let own else { return }
        let key = Key(rule: rule, name: name)
        if let counter = counters.withLock({ $0[key] }) { return counter.add(1) }
        // Accounts may make ever new names.
        let values = traffic.hasRoom(forSeries: "\(own) \(rule) \(name)") ? [own, rule] : ["other", "other"]
        let counter = metrics.counter(.webRequests, values + [name.rawValue])
        counters.withLock { $0[key] = counter }
        counter.add(1)
    }
}
