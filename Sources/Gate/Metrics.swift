import Synchronization
public import Wire

/// Counters, printed in Prometheus's text form.
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
    }

    private let state = Mutex(State())

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

    /// All counters as text. Their labels are names of AWS's and of ours, nothing that a client made up.
    public var text: String {
        let (calls, faults) = state.withLock { ($0.calls, $0.signatureFaults) }
        var lines = [
            "# HELP gatehouse_calls_total Calls whose caller was authenticated, by service, operation and result.",
            "# TYPE gatehouse_calls_total counter",
        ]
        lines += calls.map { call, count in
            "gatehouse_calls_total{service=\"\(call.service)\",operation=\"\(call.operation)\",code=\"\(call.code)\"} "
                + "\(count)"
        }.sorted()
        lines += [
            "# HELP gatehouse_refused_signatures_total Requests whose caller could not be authenticated.",
            "# TYPE gatehouse_refused_signatures_total counter",
        ]
        lines += faults.map { "gatehouse_refused_signatures_total{code=\"\($0)\"} \($1)" }.sorted()
        return lines.joined(separator: "\n") + "\n"
    }
}
