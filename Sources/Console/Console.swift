import Gate
public import Keyring
import Logging
import Pages
public import Platform
import SigninService
public import Wire

/// The console: the pages on which people sign in, see who may do what, and why.
///
/// It lies below `/ui/`, a path that no bucket has: names of buckets have three letters at least. Whatever it does for a
/// person goes through the gate as that person, like any request of the API.
///
/// Pages are rendered here, from templates, and work without a script. Which page a path leads to stands in ``routes``.
public struct Console: Site {
    /// Below this path lie all pages.
    static let root = "/ui/"

    let environment: Environment
    let sealer: Sealer<SealedPurpose>
    /// Seals what a denied caller may pass on, but not read.
    let messages: AuthorizationMessages
    /// Tries again what was denied, without anybody's asking for it.
    let gate: Gate
    let throttle = SignInThrottle()

    /// Makes the console.
    /// - Parameter keyring: seals what browsers keep for it.
    /// - Throws: `KeyringError` when the keyring can't provide a key.
    public init(_ environment: Environment, _ keyring: any Keyring) throws(KeyringError) {
        self.environment = environment
        sealer = try Sealer(keyring, for: "console")
        gate = Gate(environment: environment, audit: .batched, log: Logger(label: "gatehouse"))
        messages = try AuthorizationMessages(keyring: keyring)
    }

    /// Forgets the attempts to sign in that were counted: for the memory mode's reset.
    public func forgetAttempts() { throttle.reset() }

    public var bodyLimit: Int { 1 << 20 }

    public func takes(_ request: WireRequest) -> Bool {
        request.path.hasPrefix(Self.root) || EntryPoint(request) != nil
    }

    public func respond(to arrival: SiteRequest) async -> WireResponse {
        var reply = await answer(arrival)
        let isSecure = isSecure(arrival)
        reply.headers += protection(reply, arrival)
        // For a name of this machine's it would hold for all that listens here.
        if isSecure, !Self.isOfThisMachine(arrival.request.header("host") ?? "") {
            reply.headers.append((name: "strict-transport-security", value: "max-age=31536000"))
        }
        if !reply.headers.contains(where: { $0.name == "cache-control" }) {
            reply.headers.append((name: "cache-control", value: "no-store"))
        }
        for cookie in reply.cookies {
            reply.headers.append((name: "set-cookie", value: cookie.header(isSecure: isSecure)))
        }
        return WireResponse(status: reply.status, headers: reply.headers, body: reply.body)
    }

    /// Whether the browser's connection is encrypted: the one to Gatehouse, or to a proxy before it, by which the world
    /// reaches it.
    func isSecure(_ arrival: SiteRequest) -> Bool { arrival.tls != nil || address.hasPrefix("https://") }

    private static func isOfThisMachine(_ host: String) -> Bool {
        let name = host.split(separator: ":").first.map { $0.lowercased() } ?? ""
        return name == "localhost" || name.hasSuffix(".localhost") || !name.contains(where: \.isLetter)
    }

    /// What keeps other sites and injected markup from doing harm.
    private func protection(_ reply: Reply, _ arrival: SiteRequest) -> [(name: String, value: String)] {
        let forms = "form-action 'self'" + (reply.formOrigin.map { " " + $0 } ?? "")
        // Objects of S3 have the same origin, and whatever their owners call a script: so the console's files are named.
        let files = files(arrival)
        return [
            (
                name: "content-security-policy",
                value: "default-src 'none'; style-src \(files); script-src \(files); img-src \(files) data:; "
                    + "connect-src 'self'; \(forms); frame-ancestors 'none'; base-uri 'none'"
            ),
            (name: "x-content-type-options", value: "nosniff"),
            (name: "x-frame-options", value: "DENY"),
            (name: "referrer-policy", value: "same-origin"),
            (name: "cross-origin-opener-policy", value: "same-origin"),
            (name: "cross-origin-resource-policy", value: "same-origin"),
        ]
    }

    /// Where the console's style and script lie, as the browser names it.
    private func files(_ arrival: SiteRequest) -> String {
        // A host that is none gets a page without them.
        guard let host = arrival.request.plainHost else { return "'none'" }
        return "\(isSecure(arrival) ? "https" : "http")://\(host)\(Self.root)static/\(Assets.files.version)/"
    }

    private func answer(_ arrival: SiteRequest) async -> Reply {
        guard let request = WebRequest(arrival, isSecure: isSecure(arrival)) else {
            return message("Not found", "There is no such page.", status: 404)
        }
        switch EntryPoint(arrival.request) {
        case nil: return await answer(request)
        case .bare: return .redirect(to: Self.root)
        case .federation:
            do throws(ServiceError) { return try await FederationEndpoint.respond(self, request) } catch {
                return failure(error)
            }
        case .saml:
            do throws(ServiceError) { return try await SAMLEndpoint.respond(self, request) } catch {
                return failure(error)
            }
        case .authorize:
            do throws(ServiceError) { return try AuthorizePages.ask(self, request) } catch {
                return failure(error)
            }
        }
    }

    private func answer(_ request: WebRequest) async -> Reply {
        let method = request.method == "HEAD" ? "GET" : request.method
        if request.segments.first == "static" { return file(request) }
        guard method == "GET" || method == "POST" else {
            return message("Not possible", "Pages are asked for with GET and POST.", status: 405)
        }
        // Whatever may change something is asked for by a form of a page of this server's.
        if method == "POST", !request.isSameOrigin {
            return message("Refused", "The request did not come from a page of this console.", status: 403)
        }
        do throws(ServiceError) {
            for route in OpenRoute.all where route.method == method && route.path == request.segments {
                return try await route.answer(self, request)
            }
        } catch {
            return failure(error)
        }
        guard let visit = visit(request) else {
            guard method == "GET" else {
                return message(
                    "Your session has ended", "Nothing was changed. Sign in again, and repeat what you did.",
                    status: 403)
            }
            return SignInPages.before(request)
        }
        return await answer(visit, method)
    }

    /// Answers somebody who is signed in.
    private func answer(_ visit: Visit, _ method: String) async -> Reply {
        if method == "POST", visit.request.form["form-key"] != visit.session.formKey {
            return visit.message(
                "Refused", "The form is not one of this session's. Open the page again, and send it from there.",
                status: 403)
        }
        for route in Self.routes where route.method == method {
            guard let parameters = route.match(visit.request.segments) else { continue }
            // The one that knows which of its calls has failed.
            let visit = visit.with(parameters)
            do throws(ServiceError) {
                return try await route.answer(visit)
            } catch {
                return visit.failure(error)
            }
        }
        return visit.message("Not found", "There is no such page.", status: 404)
    }

    private func file(_ request: WebRequest) -> Reply {
        guard request.segments.count == 3, request.segments[1] == Assets.files.version,
            let (type, bytes) = Assets.files.file(request.segments[2])
        else { return message("Not found", "There is no such file.", status: 404) }
        return Reply(
            status: 200,
            headers: [
                (name: "content-type", value: type),
                (name: "cache-control", value: "public, max-age=31536000, immutable"),
            ], body: bytes)
    }

    /// A page for somebody who is not signed in.
    func page(_ template: String, _ title: String, _ content: [String: Any], status: Int = 200) -> Reply {
        var content = content
        content["title"] = title
        content["assets"] = Self.root + "static/" + Assets.files.version
        return .html(Assets.files.templates.render(content, withTemplate: template) ?? "", status: status)
    }

    func message(_ title: String, _ text: String, status: Int) -> Reply {
        page("message-front", title, ["text": text], status: status)
    }

    private func failure(_ error: ServiceError) -> Reply {
        error.fault == .receiver
            ? message("Something went wrong", "It was not you: the server's log has the cause.", status: error.status)
            : message("This did not work", error.message.isEmpty ? error.code : error.message, status: error.status)
    }
}

/// The paths outside of ``Console/root`` by which browsers come in, as they do at AWS.
enum EntryPoint {
    /// The bare address of the server, typed into a browser.
    case bare
    /// AWS's federation endpoint.
    case federation
    /// Where identity providers send browsers to.
    case saml
    /// Where programs send browsers to, for credentials.
    case authorize

    /// nil: it is none of them. A bucket may have any of these names: what asks for its objects looks otherwise.
    init?(_ request: WireRequest) {
        switch (request.method, request.path) {
        case ("GET", "/ui"): self = .bare
        case ("GET", "/"):
            guard request.query.isEmpty, request.header("accept")?.contains("text/html") == true else { return nil }
            self = .bare
        case ("GET", AuthorizationRequest.path): self = .authorize
        case ("GET", FederationEndpoint.path), ("POST", FederationEndpoint.path):
            guard request.query.contains("Action=") || request.isForm else { return nil }
            self = .federation
        // A form for a bucket is of another type.
        case ("POST", let path) where path == SAMLEndpoint.path || SAMLEndpoint.providerID(path) != nil:
            guard request.isForm else { return nil }
            self = .saml
        default: return nil
        }
    }
}
