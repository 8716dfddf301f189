import CognitoIDPService
import Platform
import Wire

/// A page of a domain's, a form of one, or an endpoint for applications.
struct LoginRoute: Sendable {
    let method: String
    /// In lower case.
    private let path: String
    /// What the event history calls it, on domains of either kind of pages; nil: it is not recorded.
    private let event: (classic: String, managed: String)?
    /// Whether applications ask for it, from whatever origin, rather than browsers.
    let isForPrograms: Bool
    /// Whether its forms come from pages of others, which prove themselves otherwise.
    let isFromElsewhere: Bool
    let answer: @Sendable (LoginVisit) async throws(ServiceError) -> LoginReply

    /// - Parameters:
    ///   - event: its name in the event history; nil: it is not there.
    ///   - managed: its name there where the domain has the pages of managed login; nil: the same.
    init(
        _ method: String, _ path: String, event: String?, managed: String? = nil, isForPrograms: Bool = false,
        isFromElsewhere: Bool = false,
        _ answer: @escaping @Sendable (LoginVisit) async throws(ServiceError) -> LoginReply
    ) {
        self.method = method
        self.path = path
        self.event = event.map { ($0, managed ?? $0) }
        self.isForPrograms = isForPrograms
        self.isFromElsewhere = isFromElsewhere
        self.answer = answer
    }

    func matches(_ path: String) -> Bool {
        path == self.path || self.path.hasSuffix("/*") && path.hasPrefix(self.path.dropLast())
    }

    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/logging-using-cloudtrail.html>
    func eventName(at domain: LoginDomain) -> String? { domain.isManagedLogin ? event?.managed : event?.classic }

    /// The first that matches answers.
    static let all: [LoginRoute] = [
        AuthorizePages.routes,
        ChallengePages.routes,
        ErrorPage.routes,
        FederationPages.routes,
        FileRoutes.routes,
        PasskeyPages.routes,
        PasswordPages.routes,
        ProgramEndpoints.routes,
        SignInPages.routes,
        SignOutPage.routes,
        SignUpPages.routes,
    ].flatMap { $0 }
}
