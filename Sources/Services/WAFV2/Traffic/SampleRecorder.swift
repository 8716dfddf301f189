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

    private let webACL: String
    private let own: Metric
    private let rules: [String: Metric]
    private let traffic: WebTraffic

    /// - Parameter view: with its ARN.
    init(_ view: WAFV2.WebACL, _ traffic: WebTraffic) {
        webACL = view.arn
        own = Metric(view.visibilityConfig)
        rules = Dictionary((view.rules ?? []).map { ($0.name, Metric($0.visibilityConfig)) }) { first, _ in first }
        self.traffic = traffic
    }

    /// Keeps a request under each rule that has matched it, and under the web ACL where none has ended it.
    /// - Parameter time: when it came, in seconds since 1970.
    func record(_ request: WebRequest, _ verdict: Verdict, version: String, at time: Double) {
        var sample = WebTraffic.Sample(
            time: time, address: request.address?.description ?? "",
            country: request.address.flatMap { traffic.addresses.country(of: $0)?.country },
            method: text(request.method), uri: text(request.path), version: version,
            headers: request.headers.map { (text($0.name), text($0.value)) }, action: verdict.outcome.kind.rawValue)
        sample.labels = verdict.labels
        sample.inserted = verdict.insertedHeaders.map { ($0.name, $0.value) }
        for match in verdict.counting + (verdict.terminating.map { [$0] } ?? []) {
            guard let metric = rules[match.rule] else { continue }
            sample.ruleInGroup = verdict.groups.first { $0.rule == match.rule }?.terminating?.rule
            add(sample, match, to: metric)
        }
        guard verdict.terminating == nil else { return }
        sample.ruleInGroup = nil
        sample.status = verdict.outcome.status
        if own.isSampled { traffic.add(sample, to: WebTraffic.Key(webACL: webACL, metric: own.name)) }
    }

    private func add(_ sample: WebTraffic.Sample, _ match: Verdict.Match, to metric: Metric) {
        guard metric.isSampled else { return }
        var sample = sample
        sample.action = match.action.rawValue
        sample.overridden = match.overridden?.rawValue
        sample.status = match.status
        traffic.add(sample, to: WebTraffic.Key(webACL: webACL, metric: metric.name))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
