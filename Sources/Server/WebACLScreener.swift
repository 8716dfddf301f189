import Logging
import Platform
import Synchronization
import WAFV2Service
import WebFront

/// Web ACLs before the applications of the web front.
final class WebACLScreener: Screener {
    private let environment: Environment
    private let log: Logger
    /// When a problem was told last, in seconds since 1970.
    private let told = Mutex<[String: Double]>([:])
    /// Seconds before the same is told again.
    private static let pause = 60.0

    init(environment: Environment, log: Logger) {
        self.environment = environment
        self.log = log
    }

    func screening(of application: FrontedApplication) -> ScreeningState {
        switch environment.webACLState(of: application.arn) {
        case .none: .none
        case .preparing(let task): .preparing(task)
        case .ready(let filter):
            .ready(WebACLScreening(filter: filter) { problem in self.tell(problem, of: application) })
        }
    }

    /// Not of each request: there may be many.
    private func tell(_ problem: String, of application: FrontedApplication) {
        let now = environment.now()
        let isDue = told.withLock { told in
            guard told[application.name].map({ now - $0 >= Self.pause }) ?? true else { return false }
            told[application.name] = now
            return true
        }
        guard isDue else { return }
        log.error("requests for \(application.name) are refused, since its web ACL can't be asked: \(problem)")
    }
}

/// The web ACL before one application.
struct WebACLScreening: Screening {
    let filter: WebACLFilter
    /// Takes in why the web ACL can't be asked.
    let tell: @Sendable (_ problem: String) -> Void

    var bodyLimit: Int { filter.bodyLimit }

    func decide(_ request: ScreenedRequest) -> ScreeningDecision {
        let filtered = FilteredRequest(
            web: request.web, host: request.host, version: request.version, isSecure: request.isSecure,
            requestID: request.traceID, time: request.time)
        switch filter.decide(filtered) {
        case .pass(let headers): return .pass(headers: headers)
        case .refuse(let refusal):
            if let problem = refusal.problem { tell(problem) }
            let response = refusal.response
            return .answer(
                ScreeningAnswer(status: response.status, headers: response.headers, body: response.body))
        }
    }

    /// Web ACLs are not concerned with what applications answer.
    func answered(_ request: ScreenedRequest, status: Int) {}
}
