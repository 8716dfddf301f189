import Directory
import Platform
import WAF

/// What a request was for, as logs name it.
struct LogSource: Sendable {
    /// `ALB`, `COGNITOIDP`; `-` for what has none.
    let name: String
    /// `111122223333-app/shop/50dc6c495c0c9188`
    let id: String

    init(arn: String, _ parsed: ARN?, _ type: ProtectedType?) {
        guard let parsed, let type else {
            (name, id) = ("-", arn)
            return
        }
        func rest(_ prefix: String) -> String { String(parsed.resource.dropFirst(prefix.utf8.count)) }
        switch type {
        case .loadBalancer: (name, id) = ("ALB", "\(parsed.account)-\(rest("loadbalancer/"))")
        case .userPool: (name, id) = ("COGNITOIDP", "\(parsed.account)-\(rest("userpool/"))")
        case .apiGateway: (name, id) = ("APIGW", "\(parsed.account):\(parsed.resource)")
        case .appSync: (name, id) = ("APPSYNC", "\(parsed.account):\(parsed.resource)")
        case .appRunner: (name, id) = ("APPRUNNER", "\(parsed.account):\(parsed.resource)")
        case .verifiedAccess, .amplify: (name, id) = ("-", "\(parsed.account):\(parsed.resource)")
        }
    }
}

/// A request that a web ACL has decided on, and what it was for.
struct LoggedRequest: Sendable {
    let request: FilteredRequest
    let verdict: Verdict
    let source: LogSource
    /// Two letters; nil: not known.
    let country: String?
    /// What of requests is not shown. Of ``request`` it is covered already.
    let protection: DataProtection
}

extension LoggedRequest {
    /// Whether what rules found in one of these kinds of fields is not shown.
    func isCovered(_ types: [String]) -> Bool { protection.hidesDetails(of: types) }

    /// Why a token did not count; nil: it did.
    /// <https://docs.aws.amazon.com/waf/latest/APIReference/API_CaptchaResponse.html>
    func failure(of token: WebRequest.Token) -> String {
        switch token {
        case .missing: "TOKEN_MISSING"
        case .invalid: "TOKEN_INVALID"
        case .foreign: "TOKEN_DOMAIN_MISMATCH"
        case .solved: "TOKEN_EXPIRED"
        }
    }

    /// The token that a kind of action looks at; nil: it looks at none.
    func token(for action: RuleAction.Kind) -> WebRequest.Token? {
        switch action {
        case .captcha: request.web.captcha
        case .challenge: request.web.challenge
        default: nil
        }
    }

    /// What the rules did that have matched, in their own groups, too.
    var matches: [Verdict.Match] {
        verdict.counting + (verdict.terminating.map { [$0] } ?? [])
            + verdict.groups.flatMap { $0.counting + ($0.terminating.map { [$0] } ?? []) }
    }
}
