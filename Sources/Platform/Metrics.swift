import Synchronization
public import Wire

/// A number that a service shows at `GET /metrics`, as its module declares it. Names and labels are ours: nothing that a
/// client made up may get there.
///
/// ```swift
/// extension Metric {
///     static let openings = Metric("vault_openings_total", "Boxes that were looked into.")
///     …
/// }
/// …
/// call.environment.metrics.add(1, to: .openings)
/// ```
///
/// <https://prometheus.io/docs/practices/naming/>
public struct Metric: Sendable {
    /// Without a unit it counts things: `gatehouse_kms_keys`; what only grows ends in `_total`.
    public let name: String
    /// What it tells, in one sentence.
    public let help: String
    /// What tells its values apart; nil: there is one.
    public var label: String? { labels.first }
    /// The same where it takes several labels to tell values apart.
    public let labels: [String]
    /// Reads a number that goes up and down; nil: it only grows, by ``Metrics/add(_:to:_:)``.
    let read: (@Sendable (Environment) async -> [(label: String, value: Int)])?

    /// A counter, which begins with 0 when Gatehouse starts.
    /// - Parameters: see the properties.
    public init(_ name: String, _ help: String, label: String? = nil) {
        self.init(name: name, help: help, labels: label.map { [$0] } ?? [], read: nil)
    }

    /// A counter with a value for each combination of labels that there is; it begins with 0 when Gatehouse starts.
    /// - Parameters: see the properties.
    public init(_ name: String, _ help: String, labels: [String]) {
        self.init(name: name, help: help, labels: labels, read: nil)
    }

    /// Makes a gauge, which is read whenever somebody looks.
    ///
    /// `read` gives the value for each label, or the one value; nothing where it is not known at the moment. It is called
    /// for each scrape, so it must not take long.
    public static func gauge(
        _ name: String, _ help: String, label: String? = nil,
        read: @escaping @Sendable (Environment) async -> [(label: String, value: Int)]
    ) -> Metric {
        Metric(name: name, help: help, labels: label.map { [$0] } ?? [], read: read)
    }

    private init(
        name: String, help: String, labels: [String],
        read: (@Sendable (Environment) async -> [(label: String, value: Int)])?
    ) {
        self.name = name
        self.help = help
        self.labels = labels
        self.read = read
    }
}

/// What is counted, printed in Prometheus's text form.
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
public final class Metrics: Sendable {
    private struct Call: Hashable {
        var service: String
        var operation: String
        var code: String
    }

    private struct State {
        var calls: [Call: Int] = [:]
        var signatureFaults: [String: Int] = [:]
        /// Calls that were let through against the policies.
        var observed: [Call: Int] = [:]
        /// By metric and label.
        var counters: [String: [String: Counter]] = [:]
    }

    /// One value of a metric that only grows, for those who add to it with every call: it is found once.
    public final class Counter: Sendable {
        fileprivate let count = Atomic(0)

        fileprivate init() {}

        /// Adds to the value.
        public func add(_ number: Int) { count.wrappingAdd(number, ordering: .relaxed) }
    }

    private let state = Mutex(State())

    /// Everything at 0.
    public init() {}

    /// Counts a call.
    public func count(service: String, operation: String, _ result: Result<Structure, ServiceError>) {
        var code = "OK"
        if case .failure(let error) = result { code = error.code }
        let call = Call(service: service, operation: operation, code: code)
        state.withLock { $0.calls[call, default: 0] &+= 1 }
    }

    /// Counts a request whose caller could not be authenticated.
    public func count(refusedSignature code: String) {
        state.withLock { $0.signatureFaults[code, default: 0] &+= 1 }
    }

    /// Counts a call that the policies deny and that was let through all the same.
    public func count(observedDenialOf operation: String, service: String) {
        let call = Call(service: service, operation: operation, code: "")
        state.withLock { $0.observed[call, default: 0] &+= 1 }
    }

    /// Adds to a counter of a service's. There should be only a few different labels: each one is kept, and shown,
    /// until Gatehouse ends.
    public func add(_ number: Int, to metric: Metric, _ label: String = "") {
        counter(metric, label).add(number)
    }

    /// One value of a counter of a service's, which is 0 if nobody has added to it yet.
    public func counter(_ metric: Metric, _ label: String = "") -> Counter {
        state.withLock { state in
            if let counter = state.counters[metric.name]?[label] { return counter }
            let counter = Counter()
            state.counters[metric.name, default: [:]][label] = counter
            return counter
        }
    }

    /// One value of a counter that has several labels.
    /// - Parameter values: of the labels, in their order. They have neither quotation marks nor backslashes nor ends of lines.
    public func counter(_ metric: Metric, _ values: [String]) -> Counter {
        counter(metric, zip(metric.labels, values).map { "\($0)=\"\($1)\"" }.joined(separator: ","))
    }

    /// All that is counted, as text.
    public func text(_ environment: Environment) async -> String {
        let state = state.withLock { $0 }
        let calls = state.calls.map { call, count in
            "{service=\"\(call.service)\",operation=\"\(call.operation)\",code=\"\(call.code)\"} \(count)"
        }
        let faults = state.signatureFaults.map { "{code=\"\($0)\"} \($1)" }
        var lines = Self.lines(
            "gatehouse_calls_total", "Calls whose caller was authenticated, by service, operation and result.",
            "counter", calls)
        lines += Self.lines(
            "gatehouse_refused_signatures_total", "Requests whose caller could not be authenticated.", "counter",
            faults)
        if !state.observed.isEmpty {
            let observed = state.observed.map { call, count in
                "{service=\"\(call.service)\",operation=\"\(call.operation)\"} \(count)"
            }
            lines += Self.lines(
                "gatehouse_observed_denials_total", "Calls that the policies deny, and that were let through.",
                "counter",
                observed)
        }
        for metric in environment.modules.flatMap(\.metrics) + (environment.outer?.metrics ?? [])
            + environment.applications.metrics
        {
            lines += Self.lines(
                metric, await metric.read?(environment),
                (state.counters[metric.name] ?? [:]).mapValues { $0.count.load(ordering: .relaxed) })
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(
        _ metric: Metric, _ gauges: [(label: String, value: Int)]?, _ counters: [String: Int]
    ) -> [String] {
        let type = gauges == nil ? "counter" : "gauge"
        guard let label = metric.label else {
            let values = gauges?.map(\.value) ?? [counters.values.reduce(0, &+)]
            return lines(metric.name, metric.help, type, values.map { " \($0)" })
        }
        let values = gauges ?? counters.map { (label: $0.key, value: $0.value) }
        guard metric.labels.count == 1 else {
            return lines(metric.name, metric.help, type, values.map { "{\($0.label)} \($0.value)" })
        }
        return lines(metric.name, metric.help, type, values.map { "{\(label)=\"\($0.label)\"} \($0.value)" })
    }

    private static func lines(_ name: String, _ help: String, _ type: String, _ values: [String]) -> [String] {
        ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"] + values.sorted().map { name + $0 }
    }
}
