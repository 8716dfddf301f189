import Platform
import Synchronization
import WAF
import WAFV2API

import struct Ledger.Scope

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
        /// By no rule of a rule group.
        case passed = "PassedRequests"

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
        /// The metric name of the rule group that the rule is of; nil: it is the web ACL's.
        var group: String?
    }

    /// What is counted for `GET /metrics`, and for CloudWatch.
    private struct Counters {
        var shown: Metrics.Counter?
        var published: MetricCounts.Counter?

        func add() {
            shown?.add(1)
            published?.add(1)
        }
    }

    /// Labels of one request that are counted.
    private static let mostLabels = 100
    /// Labels, and what becomes of them, of all requests.
    private static let mostKnownLabels = 1000
    /// What labels of one client each begin with: ever new ones would leave others no room.
    private static let singular = ["awswaf:managed:token:id:", "awswaf:managed:token:fingerprint:"]

    /// The name of the web ACL's own metric; nil: it has none.
    private let own: String?
    /// Those of its rules that have one.
    private let rules: [String: String]
    /// Those of rules within groups, by the web ACL's rules that refer to the groups; of managed groups the names stand for
    /// themselves.
    private let inGroups: [String: [String: String]]
    /// The metric names of own rule groups, by the web ACL's rules that refer to them.
    private let groups: [String: String]
    private let environment: Environment
    private let traffic: WebTraffic
    /// Where CloudWatch shows it.
    private let scope: Scope
    /// nil: of web ACLs for CloudFront AWS tells no Region.
    private let region: String?
    /// Looked up once.
    private let counters = Mutex<[Key: Counters]>([:])
    /// The same for labels, which stand where rules do in keys.
    private let labels = Mutex<[Key: Counters]>([:])

    /// - Parameter groups: the views of own rule groups, by the names of the web ACL's rules that refer to them.
    init(
        _ view: WAFV2.WebACL, _ head: WAFHead, groups: [String: WAFV2.RuleGroup], _ environment: Environment,
        _ traffic: WebTraffic
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
        self.groups = groups.compactMapValues { name($0.visibilityConfig) }
        self.environment = environment
        self.traffic = traffic
        scope = Scope(account: head.accountID, region: head.region)
        region = head.scope == .regional ? head.region : nil
    }

    /// Counts a request.
    func count(_ verdict: Verdict) {
        for match in verdict.counting {
            add(match.rule, Name(match.action))
            if match.action == .captcha { add(match.rule, .validCaptcha) }
            if match.action == .challenge { add(match.rule, .validChallenge) }
        }
        for group in verdict.groups {
            if let name = groups[group.rule] { count(group, named: name) }
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
        for label in verdict.labels.prefix(Self.mostLabels) where Self.isCounted(label: label) {
            add(label: label, name)
        }
    }

    /// Whether a label may be that of many requests of different clients.
    static func isCounted(label: String) -> Bool { !singular.contains { label.hasPrefix($0) } }

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
        if let known = counters.withLock({ $0[key] }) { return known.add() }
        // Accounts may make ever new names.
        let values = traffic.hasRoom(forSeries: "\(own) \(rule) \(name)") ? [own, rule] : ["other", "other"]
        var new = Counters(shown: environment.metrics.counter(.webRequests, values + [name.rawValue]))
        // Rules within groups have metrics of the group's.
        if !rule.contains("/") { new.published = published(name, "WebACL", own, rule) }
        keep(new, key).add()
    }

    /// Counts a label, by what becomes of the request that has it: for CloudWatch alone.
    private func add(label: String, _ name: Name) {
        guard let own else { return }
        let key = Key(rule: label, name: name)
        let counters = labels.withLock { labels -> Counters? in
            if let known = labels[key] { return known }
            guard labels.count < Self.mostKnownLabels, let end = label.lastIndex(of: ":") else { return nil }
            let dimensions = [
                MetricDimension("LabelNamespace", String(label[..<end])),
                MetricDimension("Label", String(label[label.index(after: end)...])), MetricDimension("WebACL", own),
            ]
            let new = Counters(published: published(name, dimensions))
            labels[key] = new
            return new
        }
        counters?.add()
    }

    /// Counts what an own rule group has said.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html>
    private func count(_ result: Verdict.GroupResult, named group: String) {
        for match in result.counting + (result.terminating.map { [$0] } ?? []) {
            if let rule = inGroups[result.rule]?[match.rule] { add(to: rule, of: group, Name(match.action)) }
        }
        if let terminating = result.terminating {
            add(to: "ALL", of: group, Name(terminating.action))
        } else if result.counting.isEmpty {
            add(to: "ALL", of: group, .passed)
        }
    }

    private func add(to rule: String, of group: String, _ name: Name) {
        let key = Key(rule: rule, name: name, group: group)
        if let known = counters.withLock({ $0[key] }) { return known.add() }
        keep(Counters(published: published(name, "RuleGroup", group, rule)), key).add()
    }

    private func published(_ name: Name, _ owner: String, _ ownerName: String, _ rule: String) -> MetricCounts.Counter {
        published(name, [MetricDimension("Rule", rule), MetricDimension(owner, ownerName)])
    }

    /// - Parameter dimensions: all but the Region.
    private func published(_ name: Name, _ dimensions: [MetricDimension]) -> MetricCounts.Counter {
        environment.metricCounts.counter(
            MetricCounts.Series(
                name.rawValue, in: "AWS/WAFV2", (region.map { [MetricDimension("Region", $0)] } ?? []) + dimensions,
                of: scope))
    }

    /// The first that was kept counts.
    private func keep(_ new: Counters, _ key: Key) -> Counters {
        counters.withLock { counters in
            if let known = counters[key] { return known }
            counters[key] = new
            return new
        }
    }
}
