import WAF
import WAFV2API

/// Keeps samples of the requests that a web ACL has seen, by the metrics of its rules.
struct SampleRecorder: Sendable {
    private struct Metric: Sendable {
        let name: String
        let isSampled: Bool

        init(_ view: WAFV2.VisibilityConfig) {
            name = view.metricName
            isSampled = view.sampledRequestsEnabled
        }
    }

    /// The bytes of a request's headers, and of its path, that a sample has.
    private static let mostBytes = 8192

    private let webACL: String
    private let own: Metric
    private let rules: [String: Metric]
    /// Those of the rules within own rule groups, by the web ACL's rules that refer to the groups.
    private let inGroups: [String: [String: Metric]]
    private let traffic: WebTraffic

    /// - Parameters:
    ///   - view: with its ARN.
    ///   - groups: the views of own rule groups, by the names of the web ACL's rules that refer to them.
    init(_ view: WAFV2.WebACL, groups: [String: WAFV2.RuleGroup], _ traffic: WebTraffic) {
        webACL = view.arn
        own = Metric(view.visibilityConfig)
        rules = Dictionary((view.rules ?? []).map { ($0.name, Metric($0.visibilityConfig)) }) { first, _ in first }
        inGroups = groups.mapValues { group in
            Dictionary((group.rules ?? []).map { ($0.name, Metric($0.visibilityConfig)) }) { first, _ in first }
        }
        self.traffic = traffic
    }

    /// Counts a request under each rule that has matched it, and under the web ACL where none has ended it, and keeps samples.
    /// - Parameter time: when it came, in seconds since 1970.
    func record(_ request: WebRequest, _ verdict: Verdict, version: String, at time: Double) {
        var made: WebTraffic.Sample?
        // Most requests of a busy web ACL are counted alone.
        func sample() -> WebTraffic.Sample {
            if let made { return made }
            let new = self.sample(request, verdict, version, time)
            made = new
            return new
        }
        func record(_ match: Verdict.Match, _ metric: Metric?, within rule: String?) {
            guard let metric, metric.isSampled else { return }
            let key = WebTraffic.Key(webACL: webACL, metric: metric.name)
            guard traffic.count(key, at: time) else { return }
            var sample = sample()
            sample.ruleInGroup = rule
            sample.action = match.action.rawValue
            sample.overridden = match.overridden?.rawValue
            sample.status = match.status
            traffic.add(sample, to: key)
        }
        for match in verdict.counting + (verdict.terminating.map { [$0] } ?? []) {
            let inner = verdict.groups.first { $0.rule == match.rule }?.terminating?.rule
            record(match, rules[match.rule], within: inner)
        }
        for group in verdict.groups {
            for match in group.counting + (group.terminating.map { [$0] } ?? []) {
                record(match, inGroups[group.rule]?[match.rule], within: match.rule)
            }
        }
        guard verdict.terminating == nil, own.isSampled else { return }
        let key = WebTraffic.Key(webACL: webACL, metric: own.name)
        guard traffic.count(key, at: time) else { return }
        var sample = sample()
        sample.status = verdict.outcome.status
        traffic.add(sample, to: key)
    }

    private func sample(
        _ request: WebRequest, _ verdict: Verdict, _ version: String, _ time: Double
    ) -> WebTraffic.Sample {
        var sample = WebTraffic.Sample(
            time: time, address: request.address?.description ?? "",
            country: request.address.flatMap { traffic.addresses.country(of: $0)?.country },
            method: text(request.method), uri: text(request.path.prefix(Self.mostBytes)), version: version,
            headers: headers(request), action: verdict.outcome.kind.rawValue)
        sample.labels = verdict.labels
        sample.inserted = verdict.insertedHeaders.map { ($0.name, $0.value) }
        return sample
    }

    /// As many of the headers as have room, and as much of the last one.
    private func headers(_ request: WebRequest) -> [(name: String, value: String)] {
        var room = Self.mostBytes
        var headers: [(name: String, value: String)] = []
        for header in request.headers {
            guard room > header.name.count else { break }
            room -= header.name.count
            headers.append((text(header.name), text(header.value.prefix(room))))
            room -= min(room, header.value.count)
        }
        return headers
    }

    private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
}
