import Fetch
import FoundationEssentials
import Platform
import Synchronization
import Wire

/// Where an OpenID Connect or OAuth 2.0 provider is asked.
struct ProviderEndpoints: Sendable {
    /// What `iss` of its ID tokens may be.
    var issuers: [String]
    var authorize: String
    var token: String
    /// nil: there is none.
    var userInfo: String?
    /// Its keys; nil: it issues no ID tokens.
    var keys: String?
    /// Whether another server stands in the provider's place.
    var isStandIn = false

    /// Those of a provider; of one that everybody knows, those of the issuer that the operator has put in its place
    /// (`gatehouse serve --login-provider graph.facebook.com=URL`), if there is one.
    static func of(
        _ provider: UserPoolProvider, _ environment: Environment
    ) async throws(FederationError) -> ProviderEndpoints {
        if let name = provider.type.loginProviderName, let issuer = environment.outsideServers.loginProviders[name] {
            return try await discovered(issuer, provider, environment)
        }
        let details = provider.details
        guard let authorize = details["authorize_url"], let token = details["token_url"] else {
            throw .told(code: "server_error", description: "The provider \(provider.name) has no endpoints.")
        }
        let issuer = details["oidc_issuer"]
        var issuers = issuer.map { [$0, $0.hasSuffix("/") ? String($0.dropLast()) : $0 + "/"] } ?? []
        // What Google's tokens have said for years.
        if provider.type == .google { issuers.append("accounts.google.com") }
        let keys: String? =
            switch provider.type {
            case .google: "https://www.googleapis.com/oauth2/v3/certs"
            case .apple: "https://appleid.apple.com/auth/keys"
            case .oidc: details["jwks_uri"]
            case .facebook, .amazon, .saml: nil
            }
        return ProviderEndpoints(
            issuers: issuers, authorize: authorize, token: token, userInfo: details["attributes_url"], keys: keys)
    }

    private static func discovered(
        _ issuer: String, _ provider: UserPoolProvider, _ environment: Environment
    ) async throws(FederationError) -> ProviderEndpoints {
        try await DiscoveredEndpoints.shared.endpoints(of: "\(provider.name) \(issuer)") {
            () async throws(FederationError) in
            let answer = try await environment.ask(
                ProviderRequest("GET", issuer + "/.well-known/openid-configuration"), of: provider)
            guard answer.status == 200, let document = try? JSONValue(parsing: answer.body),
                case .string(let authorize)? = document["authorization_endpoint"],
                case .string(let token)? = document["token_endpoint"], case .string(let keys)? = document["jwks_uri"]
            else {
                throw .told(
                    code: "server_error",
                    description: "\(provider.name) Error - \(answer.status) Invalid document at the well-known endpoint"
                )
            }
            var userInfo: String?
            if case .string(let text)? = document["userinfo_endpoint"] { userInfo = text }
            return ProviderEndpoints(
                issuers: [issuer], authorize: authorize, token: token, userInfo: userInfo, keys: keys, isStandIn: true)
        }
    }
}

/// What stand-ins' discovery documents have said lately: anybody can cause them to be asked for.
private final class DiscoveredEndpoints: Sendable {
    static let shared = DiscoveredEndpoints()

    private static let freshness = Duration.seconds(60)
    /// After a failure it is tried again so soon.
    private static let patience = Duration.seconds(5)
    /// The operator names a few.
    private static let most = 100

    private struct Entry {
        let result: Result<ProviderEndpoints, FederationError>
        let end: ContinuousClock.Instant
    }

    private let entries = Mutex<[String: Entry]>([:])
    private let running = SingleFlight<String>()

    private func known(_ name: String) -> Result<ProviderEndpoints, FederationError>? {
        entries.withLock { $0[name] }.flatMap { $0.end > .now ? $0.result : nil }
    }

    /// What is known of a server; it is asked if nothing is.
    func endpoints(
        of name: String, _ fetch: @escaping @Sendable () async throws(FederationError) -> ProviderEndpoints
    ) async throws(FederationError) -> ProviderEndpoints {
        if let known = known(name) { return try known.get() }
        try? await running.run(name) { [self] () async throws(ServiceError) in
            guard known(name) == nil else { return }
            let result: Result<ProviderEndpoints, FederationError>
            do throws(FederationError) { result = .success(try await fetch()) } catch { result = .failure(error) }
            let isKnown = if case .success = result { true } else { false }
            let end = ContinuousClock.now + (isKnown ? Self.freshness : Self.patience)
            entries.withLock { entries in
                if entries.count >= Self.most { entries.removeAll() }
                entries[name] = Entry(result: result, end: end)
            }
        }
        guard let known = known(name) else {
            throw .told(code: "server_error", description: "Something went wrong")
        }
        return try known.get()
    }
}

extension UserPoolProvider.ProviderType {
    /// What a provider that everybody knows is called by operators who put another in its place; nil: it is none.
    fileprivate var loginProviderName: String? {
        switch self {
        case .google: "accounts.google.com"
        case .facebook: "graph.facebook.com"
        case .amazon: "www.amazon.com"
        case .apple: "appleid.apple.com"
        case .oidc, .saml: nil
        }
    }
}

/// A request to a provider, by the address that its details name.
struct ProviderRequest {
    let method: String
    let address: String
    var headers: [(name: String, value: String)] = [(name: "Accept", value: "application/json")]
    /// Sent as the body; empty: there is none.
    var form: [(name: String, value: String)] = []

    init(_ method: String, _ address: String, form: [(name: String, value: String)] = []) {
        self.method = method
        self.address = address
        self.form = form
    }
}

extension Environment {
    /// Asks a provider.
    /// - Throws: what the application is told of one that doesn't answer.
    func ask(_ request: ProviderRequest, of provider: UserPoolProvider) async throws(FederationError) -> Fetch.Answer {
        guard let place = outsideServers.place(of: request.address, mayHaveQuery: true) else {
            throw .told(
                code: "server_error", description: "\(provider.name) Error - its address can't be used")
        }
        var (headers, body) = (request.headers, [UInt8]())
        if !request.form.isEmpty {
            headers.append((name: "Content-Type", value: "application/x-www-form-urlencoded"))
            body = Array(RedirectURI.form(request.form).utf8)
        }
        do throws(FetchError) {
            return try await outsideServers.fetch(place).send(
                Fetch.Request(request.method, place.address, headers: headers, body: body))
        } catch {
            // Why, would tell whoever names addresses what else there is in this machine's network.
            throw .told(code: "server_error", description: "\(provider.name) Error - it could not be reached")
        }
    }
}
