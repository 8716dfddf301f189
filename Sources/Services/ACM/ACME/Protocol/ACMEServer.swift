import ACME
import Ledger
import Platform
import Wire

// The ACME server: RFC 8555, with RFC 9773 for when to renew. All that it changes is on disk before it answers.

extension PublicPath {
    /// All that ACME's clients ask for.
    static let acme = ["GET", "HEAD", "POST"].map { method in
        PublicPath(method, ACMEResource.prefix) { request, environment in
            let rest = request.path.dropFirst(ACMEResource.prefix.count)
            let id = rest.prefix { $0 != "/" }
            guard let endpoint = environment.projection(ACMEIndex.self).endpoint(String(id)) else {
                return WireResponse(problem: Problem(.malformed, "There is no such ACME endpoint.", status: 404))
            }
            let exchange = ACMEExchange(environment: environment, endpoint: endpoint, request: request)
            return await exchange.answer(ACMEResource(path: rest.dropFirst(id.count + 1)))
        }
    }
}

/// A request to an endpoint.
struct ACMEExchange: Sendable {
    let environment: Environment
    let endpoint: ACMEEndpoint
    let request: WireRequest

    /// Seconds since 1970.
    var now: Double { environment.now() }

    /// Answers it, whatever comes.
    /// - Parameter resource: what it is for; nil: nothing that there is.
    func answer(_ resource: ACMEResource?) async -> WireResponse {
        var response: WireResponse
        do throws(Problem) {
            guard let resource else { throw Problem(.malformed, "There is nothing at this address.", status: 404) }
            response = try await respond(resource)
        } catch {
            response = WireResponse(problem: error)
        }
        response.headers.append((name: "cache-control", value: "no-store"))
        if resource != .directory {
            let index = endpoint.directoryURL(environment)
            response.headers.append((name: "link", value: "<\(index)>;rel=\"index\""))
        }
        if request.method == "POST" || resource == .newNonce,
            let nonce = try? Nonces(environment: environment, endpoint: endpoint).make()
        {
            response.headers.append((name: "replay-nonce", value: nonce))
        }
        return response
    }

    private func respond(_ resource: ACMEResource) async throws(Problem) -> WireResponse {
        guard request.query.isEmpty else { throw .malformed("Addresses of ACME have no query here.") }
        switch (resource, request.method) {
        case (.directory, "GET"), (.directory, "HEAD"): return .json(200, directory)
        case (.newNonce, "HEAD"): return WireResponse(status: 200, headers: [], body: [])
        case (.newNonce, "GET"): return WireResponse(status: 204, headers: [], body: [])
        case (.renewalInfo(let certificate), "GET"): return try await renewalInfo(certificate)
        case (_, "POST"): return try await post(resource)
        default: throw Problem(.malformed, "This address does not take \(request.method).", status: 405)
        }
    }

    private var directory: [UInt8] {
        let all: [(String, ACMEResource)] = [
            ("newNonce", .newNonce), ("newAccount", .newAccount), ("newOrder", .newOrder),
            ("revokeCert", .revokeCertificate), ("keyChange", .keyChange), ("renewalInfo", .renewalInfo("")),
        ]
        var writer = JSONWriter()
        writer.beginObject()
        for (name, resource) in all { writer.member(name, endpoint.url(resource, environment)) }
        writer.key("meta")
        writer.beginObject()
        writer.key("externalAccountRequired")
        writer.boolean(true)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// RFC 8555, section 6.2: what every POST has to prove before anything is done.
    private func post(_ resource: ACMEResource) async throws(Problem) -> WireResponse {
        guard request.header("content-type") == "application/jose+json" else {
            throw Problem(.malformed, "The content type must be application/jose+json.", status: 415)
        }
        let signed = try SignedRequest(parsing: request.body)
        guard signed.url == endpoint.url(resource, environment) else {
            throw Problem(.unauthorized, "The request is signed for another address.")
        }
        let forged = Problem(.malformed, "The request's signature is not valid.")
        switch signed.signer {
        case .key(let key):
            guard resource == .newAccount || resource == .revokeCertificate else {
                throw .malformed("The request must name its account by kid.")
            }
            guard signed.isSigned(by: key) else { throw forged }
            // Anybody can make a key. The nonce is used up by what is more than that.
            try nonces.check(signed.nonce)
            if resource == .newAccount { return try await newAccount(signed, key) }
            return try await revoke(signed, by: .certificate(key))
        case .known(let url):
            guard resource != .newAccount else { throw .malformed("A new account must have its key as jwk.") }
            let account = try await account(url)
            guard let key = AccountKey(canonical: account.jwk) else {
                throw Problem(.serverInternal, "The account's key can't be read.")
            }
            guard signed.isSigned(by: key) else { throw forged }
            try await nonces.use(signed.nonce)
            guard account.status == .valid else {
                throw Problem(.unauthorized, "The account is deactivated or revoked.", status: 401)
            }
            return try await respond(resource, to: signed, of: account, key)
        }
    }

    private func respond(
        _ resource: ACMEResource, to signed: SignedRequest, of account: ACMEAccount, _ key: AccountKey
    ) async throws(Problem) -> WireResponse {
        switch resource {
        case .account(let id): return try await update(try own(id, account), signed)
        case .orders(let id, let after): return try await orders(of: try own(id, account), after: after, signed)
        case .keyChange: return try await changeKey(of: account, from: key, signed)
        case .newOrder: return try await newOrder(signed, account)
        case .order(let id): return try await show(order: id, signed, account)
        case .finalize(let id): return try await finalize(id, signed, account, key)
        case .authorization(let id, let index): return try await authorization(id, index, signed, account)
        case .challenge(let id, let authorization, let index):
            return try await challenge(id, authorization, index, signed, account)
        case .certificate(let id, let isAlternate):
            return try await certificate(id, isAlternate: isAlternate, signed, account)
        case .revokeCertificate: return try await revoke(signed, by: .account(account))
        case .directory, .newNonce, .newAccount, .renewalInfo:
            throw Problem(.malformed, "This address does not take POST.", status: 405)
        }
    }

    private func own(_ id: String, _ account: ACMEAccount) throws(Problem) -> ACMEAccount {
        guard id == account.id else { throw Problem(.unauthorized, "This is another account's.") }
        return account
    }

    /// The account that a request names.
    private func account(_ url: String) async throws(Problem) -> ACMEAccount {
        let prefix = endpoint.url(.account(""), environment)
        let unknown = Problem(.accountDoesNotExist, "There is no account \(url.prefix(200)).")
        guard url.hasPrefix(prefix) else { throw unknown }
        let id = String(url.dropFirst(prefix.count))
        guard id.utf8.count == 32, id.utf8.allSatisfy({ $0 < 0x80 && $0 > 0x20 }) else { throw unknown }
        let endpointID = endpoint.id
        let found = try await read { (records) throws(ServiceError) in
            try records.get(ACMEAccount.self, ACMEAccount.key(id), of: endpointID)
        }
        guard let found else { throw unknown }
        return found
    }

    // MARK: What handlers need

    var nonces: Nonces { Nonces(environment: environment, endpoint: endpoint) }

    /// Reads the endpoint's records.
    func read<T: Sendable>(
        _ body: @escaping @Sendable (Records) throws(ServiceError) -> T
    ) async throws(Problem) -> T {
        do throws(ServiceError) { return try await environment.read(endpoint.scope, body) } catch {
            throw Problem(error)
        }
    }

    /// Changes them, or finds that there is a problem.
    func write<T: Sendable>(
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Result<T, Problem>
    ) async throws(Problem) -> T {
        let result: Result<T, Problem>
        do throws(ServiceError) { result = try await environment.write(endpoint.scope, requestID: "", body) } catch {
            throw Problem(error)
        }
        return try result.get()
    }

    /// - Throws: `malformed` where a POST-as-GET has a payload: RFC 8555, section 6.3.
    func requireNothing(in signed: SignedRequest) throws(Problem) {
        guard signed.payload.isEmpty else { throw .malformed("The payload of a POST-as-GET must be empty.") }
    }
}

extension Problem {
    static let caaCode = "CAA_ERROR"

    /// What a service's error is to a client of ACME's.
    init(_ error: ServiceError) {
        switch error.code {
        // The event history has the details: they are no client's business.
        case "AccessDenied", "AccessDeniedException":
            self.init(.unauthorized, "The IAM role of the account's external account binding does not allow this.")
        case Self.caaCode: self.init(.caa, error.message)
        case let code where error.status < 500:
            self.init(.serverInternal, "The certificate authority has refused it: \(code).")
        default:
            self.init(
                .serverInternal, "The request failed; please try again.", status: error.status == 503 ? 503 : nil)
        }
    }
}

extension WireResponse {
    init(problem: Problem) {
        var headers = [(name: "content-type", value: "application/problem+json")]
        if let location = problem.location { headers.append((name: "location", value: location)) }
        if problem.status == 503 || problem.kind == .rateLimited { headers.append((name: "retry-after", value: "10")) }
        self.init(status: problem.status, headers: headers, body: problem.document)
    }
}
