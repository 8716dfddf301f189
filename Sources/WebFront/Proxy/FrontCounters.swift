import Platform

/// What the web front counts: `GET /metrics` shows it.
final class FrontCounters: Sendable {
    let requests: Metrics.Counter
    /// Requests that were answered in an application's place by what screens them.
    let blocked: Metrics.Counter
    /// Requests that are none.
    let malformed: Metrics.Counter
    /// Attempts to reach a server that failed.
    let failedConnections: Metrics.Counter
    private let answers: [Metrics.Counter]

    private static let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    init(_ metrics: Metrics) {
        requests = metrics.counter(.frontRequests)
        blocked = metrics.counter(.frontBlocked)
        malformed = metrics.counter(.frontMalformed)
        failedConnections = metrics.counter(.frontFailedConnections)
        answers = Self.classes.map { metrics.counter(.frontAnswers, $0) }
    }

    /// Counts an answer.
    func count(status: Int) {
        let index = status / 100 - 1
        if answers.indices.contains(index) { answers[index].add(1) }
    }
}

extension Metric {
    static let frontRequests = Metric("gatehouse_web_front_requests_total", "Requests to the web front.")
    static let frontBlocked = Metric(
        "gatehouse_web_front_blocked_total", "Requests that a web ACL had answered in the application's place.")
    static let frontMalformed = Metric(
        "gatehouse_web_front_malformed_total", "Requests that were refused since HTTP does not allow them.")
    static let frontFailedConnections = Metric(
        "gatehouse_web_front_failed_connections_total", "Servers of applications that could not be reached, each time.")
    static let frontAnswers = Metric(
        "gatehouse_web_front_answers_total", "Answers of the web front, by the class of their status.", label: "status")
}
