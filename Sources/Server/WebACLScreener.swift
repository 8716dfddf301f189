import Platform
import WAFV2Service
import WebFront

/// Web ACLs before the applications of the web front.
struct WebACLScreener: Screener {
    let environment: Environment

    func screening(of application: FrontedApplication) -> (any Screening)? {
        environment.webACLFilter(of: application.arn).map { WebACLScreening(filter: $0) }
    }
}

/// The web ACL before one application.
struct WebACLScreening: Screening {
    let filter: WebACLFilter

    var bodyLimit: Int { filter.bodyLimit }

    func decide(_ request: ScreenedRequest) -> ScreeningDecision {
        let filtered = FilteredRequest(
            web: request.web, host: request.host, version: request.version, isSecure: request.isSecure,
            requestID: request.traceID, time: request.time)
        switch filter.decide(filtered) {
        case .pass(let headers): return .pass(headers: headers)
        case .refuse(let refusal):
            let response = refusal.response
            return .answer(
                ScreeningAnswer(status: response.status, headers: response.headers, body: response.body))
        }
    }

    /// Web ACLs are not concerned with what applications answer.
    func answered(_ request: ScreenedRequest, status: Int) {}
}
