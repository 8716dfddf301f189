import CognitoIDPService
import Pages
import Platform
import Wire

/// A visit to a page of an app client's, with what the application asks for.
struct LoginPage: Sendable {
    let visit: LoginVisit
    let request: AuthorizeRequest
    let look: PageLook
    /// The identity providers to choose from, without the pool itself.
    let providers: [LoginProvider]

    /// The page, in the look that its owner has chosen.
    func show(_ template: String, _ title: String, _ content: [String: Any?], status: Int = 200) -> LoginReply {
        var reply = visit.page(template, title, content, look: look, status: status)
        reply.formOrigin = request.origin
        return reply
    }

    // MARK: How far a sign-in has come

    /// A challenge that waits for the user's answer. It travels, sealed, in the form that asks for it.
    struct Progress: Codable, Sendable {
        let clientID: String
        /// Of the browser that the page was shown in.
        let formKey: String
        let challenge: String
        var session: String
        /// Who the challenge is for.
        let name: String
        /// What the page needs to be shown again.
        let parameters: [String: String]
        /// What there is to choose from.
        var choices: [String] = []
        /// The secret of an authenticator app that is being set up.
        var secret: String?
    }

    func seal(_ progress: Progress) throws(ServiceError) -> String {
        try visit.site.sealer.seal(progress, for: .signIn)
    }

    /// The challenge that a form answers; nil: it is none of this page's, in this browser. Whether its session is still valid,
    /// whoever has made it knows.
    var progress: Progress? {
        guard
            let progress = visit.site.sealer.open(visit.form.text("progress"), for: .signIn, as: Progress.self),
            progress.clientID == request.client.id, isSameSecret(progress.formKey, visit.formKey)
        else { return nil }
        return progress
    }
}

extension LoginVisit {
    /// Answers with a page of the client that the address names; where there can be none, the person, or the application, is
    /// told.
    func withPage(
        _ body: (LoginPage) async throws(ServiceError) -> LoginReply
    ) async throws(ServiceError) -> LoginReply {
        try await withRequest { (request) throws(ServiceError) in
            guard let look = try await look(of: request.client),
                !request.client.providers.isEmpty
            else { return error(.unavailable) }
            let providers = environment.loginProviders(of: request.client, at: domain)
            return try await body(
                LoginPage(
                    visit: self, request: request, look: PageLook(look, request.client, self), providers: providers))
        }
    }
}

extension AuthorizeRequest {
    /// Where forms of the pages lead in the end, as a policy names it: an origin, or the scheme of an app.
    var origin: String? {
        guard let end = redirectURI.firstRange(of: "://")?.upperBound else {
            return redirectURI.firstIndex(of: ":").map { String(redirectURI[...$0]) }
        }
        let scheme = redirectURI[..<end].dropLast(2)
        guard scheme == "https:" || scheme == "http:" else { return String(scheme) }
        let host = redirectURI[end...].prefix { $0 != "/" && $0 != "?" }
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        return isPlain ? "\(scheme)//\(host)" : nil
    }
}
