import CognitoIDPService
public import Keyring
import Ledger
import Pages
public import Platform
public import Wire

/// The pages on which the users of user pools sign in, and the OAuth 2.0 endpoints of the pools' domains.
///
/// A pool's domain is reached by its name, `PREFIX.auth.localhost` or `PREFIX.auth.REGION.amazoncognito.com`, by the name of a
/// custom domain that the operator has named (`--custom-domain`); and, where nobody resolves such names, by a path of
/// Gatehouse's own address: `/_cognito/PREFIX/`. No bucket has such a name.
///
/// Pages are rendered here, from templates, and work without a script; passkeys alone need one.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-userpools-server-contract-reference.html>
public struct ManagedLogin: Site {
    /// Below this path of Gatehouse's own lie all domains.
    static let root = "/_cognito/"

    let environment: Environment
    let sealer: Sealer<SealedPurpose>
    let looks = LookCache<OwnerLook>()

    /// What something is for that was sealed.
    enum SealedPurpose: String, Sendable {
        /// How far a sign-in has come.
        case signIn
        /// What a new passkey is to sign.
        case passkey
        /// Somebody who is on the way to an identity provider.
        case federation
        /// Whoever has come from one, until the browser comes by itself.
        case arrival
        /// Somebody who is being signed out at one.
        case signOut
    }

    /// Makes the site.
    /// - Parameter keyring: seals what forms bring along.
    /// - Throws: `KeyringError` when the keyring can't provide a key.
    public init(_ environment: Environment, _ keyring: any Keyring) throws(KeyringError) {
        self.environment = environment
        sealer = try Sealer(keyring, for: "managed-login")
    }

    public var bodyLimit: Int { 1 << 17 }

    public func takes(_ request: WireRequest) -> Bool { request.path.hasPrefix(Self.root) }

    public func isHost(_ host: String) -> Bool { domain(ofHost: host) != nil }

    /// The domain that is reached by a host; nil: none.
    private func domain(ofHost host: String) -> LoginDomain? {
        guard let place = DomainHost(host) else { return nil }
        guard let domain = environment.loginDomain(place.name, region: place.region) else { return nil }
        // Whoever names a custom domain like another server, or Gatehouse itself, does not get what is sent there.
        let address = environment.publicAddress
        guard
            !place.isCustom
                || address.customDomains.answer(place.name, of: domain.accountID) && !place.isReserved(by: address.url)
        else { return nil }
        return domain
    }

    /// The domain that a request is for, where its pages lie, and which of them it is.
    private func place(of request: WireRequest) -> (domain: LoginDomain, base: String, path: String)? {
        if let host = request.header("host"), let domain = domain(ofHost: host) { return (domain, "", request.path) }
        guard request.path.hasPrefix(Self.root) else { return nil }
        let rest = request.path.dropFirst(Self.root.utf8.count)
        let name = String(rest.prefix { $0 != "/" })
        // A prefix of another Region, and a custom domain, by the whole name.
        let whole = DomainHost(name)
        guard let domain = environment.loginDomain(whole?.name ?? name, region: whole?.region) else { return nil }
        return (domain, Self.root + name, String(rest.dropFirst(name.utf8.count)))
    }

    /// Whether the browser's connection is encrypted: the one to Gatehouse, or to a proxy before it, by which the world
    /// reaches it.
    private func isSecure(_ arrival: SiteRequest) -> Bool {
        arrival.tls != nil || environment.publicAddress.url.hasPrefix("https://")
    }

    public func respond(to arrival: SiteRequest) async -> WireResponse {
        guard let (domain, base, path) = place(of: arrival.request) else {
            return Self.text(404, "There is no user pool with this domain.")
        }
        guard
            let visit = LoginVisit(
                self, arrival, domain: domain, base: base, path: path, isSecure: isSecure(arrival))
        else { return Self.text(400, "The request can't be read.") }
        if let refused = refusal(of: visit, path) { return refused }
        var reply = await answer(visit)
        if !reply.isForPrograms { reply.headers += protection(reply, visit) }
        return reply.response(visit)
    }

    /// What the pool's web ACL answers in the place of a page; nil: the request may go on. The files of pages are not asked about:
    /// they are the same for all.
    private func refusal(of visit: LoginVisit, _ path: String) -> WireResponse? {
        guard !path.hasPrefix("/static/") else { return nil }
        let arrival = visit.arrival
        let seen = WebACLView.ofPages(
            arrival.request, path: path, query: visit.query.all, form: visit.form.all, encode: PercentEncoding.query)
        let query = arrival.request.query
        return environment.refusal(
            of: ResourceRequest(
                seen, to: visit.domain.poolARN, base: visit.base, target: query.isEmpty ? path : "\(path)?\(query)",
                from: arrival.address, isSecure: visit.isSecure, requestID: arrival.requestID, time: arrival.time)
        )?.response
    }

    private static func text(_ status: Int, _ text: String) -> WireResponse {
        WireResponse(
            status: status,
            headers: [
                (name: "content-type", value: "text/plain; charset=utf-8"),
                (name: "x-content-type-options", value: "nosniff"),
            ], body: Array("\(text)\n".utf8))
    }

    private func answer(_ visit: LoginVisit) async -> LoginReply {
        let method = visit.method == "HEAD" ? "GET" : visit.method
        let routes = LoginRoute.all.filter { $0.matches(visit.path) }
        guard let route = routes.first(where: { $0.method == method }) else {
            if method == "OPTIONS", routes.contains(where: \.isForPrograms) { return .preflight }
            return routes.isEmpty
                ? visit.message("Not found", "There is no such page.", status: 404)
                : visit.message("Not possible", "This page is not asked for in this way.", status: 405)
        }
        var reply: LoginReply
        if method == "POST", !route.isForPrograms, !route.isFromElsewhere, !visit.isOwnForm {
            // Whatever changes something is asked for by a form of a page of this domain's.
            reply = visit.message(
                "The page has expired", "Go back, load the page again, and send it once more.", status: 403)
            reply.error = ("InvalidCSRFToken", "")
        } else {
            do throws(ServiceError) { reply = try await route.answer(visit) } catch { reply = visit.failure(error) }
        }
        if let name = reply.eventName ?? route.eventName(at: visit.domain) {
            let event = LoginEvent(
                name, at: visit.domain, isReadOnly: method == "GET", status: reply.status, error: reply.error,
                parameters: visit.query.all + visit.form.all)
            do throws(LedgerError) {
                let made = event.event(of: visit.arrival, at: environment.now())
                if method == "GET" {
                    try environment.ledger.record(made)
                } else {
                    try await environment.ledger.recordDurably(made)
                }
            } catch {
                return visit.failure(ServiceError(error))
            }
        }
        return reply
    }

    /// What keeps other sites and injected markup from doing harm.
    private func protection(_ reply: LoginReply, _ visit: LoginVisit) -> [(name: String, value: String)] {
        let forms = "form-action 'self'" + (reply.formOrigin.map { " \($0) https: http:" } ?? "")
        // On Gatehouse's own address other domains and objects of S3 have the same origin: so the files are named.
        let files = visit.filesAddress
        var headers = [
            (
                name: "content-security-policy",
                value: "default-src 'none'; style-src \(files); script-src \(files); img-src \(files) data:; "
                    + "\(forms); frame-ancestors 'none'; base-uri 'none'"
            ),
            (name: "x-content-type-options", value: "nosniff"),
            (name: "x-frame-options", value: "DENY"),
            // Addresses here have names of applications in them. Without any, browsers hide the origin of forms as well.
            (name: "referrer-policy", value: "same-origin"),
            (name: "cross-origin-resource-policy", value: "same-origin"),
        ]
        // For a name of this machine's it would hold for all that listens here.
        if visit.isSecure, !DomainHost.isOfThisMachine(visit.host) {
            headers.append((name: "strict-transport-security", value: "max-age=31536000"))
        }
        if !reply.headers.contains(where: { $0.name == "cache-control" }) {
            headers.append((name: "cache-control", value: "no-store"))
        }
        return headers
    }
}
