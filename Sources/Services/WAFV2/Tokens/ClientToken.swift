import FoundationEssentials
import Keyring
import Platform
import Synchronization
import WAF
import Wire

/// What a client has shown that it can do, and when: the contents of the cookie `aws-waf-token`.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-tokens.html>
struct ClientToken: Codable, Sendable, Equatable {
    /// Of the client's session.
    var id: String
    /// Where it counts: a host, or a domain of the web ACL's list.
    var domain: String
    /// When the last puzzle was solved, in seconds since 1970; 0: none was.
    var captcha = 0.0
    /// When the last challenge was passed.
    var challenge = 0.0
}

/// What is sealed for clients to bring back.
enum SealedForClients: String, Sendable {
    case token
    case task
}

/// Seals what clients get, and opens it.
final class ClientSeals: Sendable {
    private let key = Mutex<SealingKey?>(nil)

    private func key(_ environment: Environment) throws(ServiceError) -> SealingKey {
        if let key = key.withLock({ $0 }) { return key }
        let made = try environment.sessionTokens.key(for: "waf-token")
        key.withLock { $0 = made }
        return made
    }

    private static func context(_ purpose: SealedForClients) -> [UInt8] {
        Array("gatehouse waf \(purpose.rawValue)".utf8)
    }

    /// - Throws: InternalFailure when it can't be sealed.
    func seal(
        _ value: some Encodable, as purpose: SealedForClients, _ environment: Environment
    ) throws(ServiceError) -> String {
        let key = try key(environment)
        do {
            let bytes = Array(try JSONEncoder().encode(value))
            return Base64URL.encode(try key.seal(bytes, authenticating: Self.context(purpose)))
        } catch {
            throw .internalFailure
        }
    }

    /// nil for anything but what was sealed for the same purpose.
    func open<Value: Decodable>(
        _ text: String, as purpose: SealedForClients, _ environment: Environment, _ type: Value.Type = Value.self
    ) -> Value? {
        // Whoever sends more did not get it here.
        guard text.utf8.count <= 8192, let sealed = Base64URL.decode(text), let key = try? key(environment),
            let bytes = try? key.open(sealed, authenticating: Self.context(purpose))
        else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }
}

/// The tokens of the clients of one thing that a web ACL protects.
struct ClientTokens: Sendable {
    let environment: Environment
    /// The host that a request is for.
    let host: String
    /// The web ACL's list.
    let domains: [String]

    static let cookie = "aws-waf-token"
    /// For clients that send no cookies.
    private static let header = "x-aws-waf-token"
    /// How long browsers keep it, in seconds: for how long it counts, the web ACL says.
    private static let lifetime = 345_600
    /// Of several cookies so many are looked at.
    private static let most = 4

    private var seals: ClientSeals { environment.projection(WebTraffic.self).seals }

    /// Whether the host is of a domain.
    private func isHost(of domain: String) -> Bool {
        let domain = domain.lowercased()
        return host == domain || host.hasSuffix("." + domain)
    }

    /// Where a token counts that is given now.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-tokens-domains.html>
    private var domain: String {
        domains.filter { isHost(of: $0) }.max { $0.utf8.count < $1.utf8.count }?.lowercased() ?? host
    }

    private func counts(_ token: ClientToken) -> Bool {
        token.domain == host || domains.contains { $0.lowercased() == token.domain && isHost(of: $0) }
    }

    /// The token of a request, and what a rule that asks for one is to be told.
    func read(_ request: WebRequest) -> (token: ClientToken?, captcha: WebRequest.Token, challenge: WebRequest.Token) {
        let cookies = request.cookies.lazy.filter { $0.name.elementsEqual(Self.cookie.utf8) }.map(\.value)
        let texts = (request.values(of: Self.header) + cookies.prefix(Self.most)).prefix(Self.most)
        guard !texts.isEmpty else { return (nil, .missing, .missing) }
        var isForeign = false
        for text in texts {
            guard
                let token = seals.open(
                    String(decoding: text, as: UTF8.self), as: .token, environment, ClientToken.self)
            else { continue }
            guard counts(token) else {
                isForeign = true
                continue
            }
            return (token, .solved(at: token.captcha), .solved(at: token.challenge))
        }
        return isForeign ? (nil, .foreign, .foreign) : (nil, .invalid, .invalid)
    }

    /// The `Set-Cookie` header by which a client gets a token.
    /// - Parameter old: what it has already.
    func grant(
        _ grant: ClientTask.Grant, to old: ClientToken?, isSecure: Bool, at time: Double
    ) throws(ServiceError) -> String {
        var token = old ?? ClientToken(id: Identifiers.mixed(22), domain: domain)
        token.domain = domain
        switch grant {
        case .captcha: token.captcha = time
        case .challenge: token.challenge = time
        }
        let text = try seals.seal(token, as: .token, environment)
        // A name without a dot, and an address, is no domain that a cookie could be for.
        let place = domain == host ? "" : "; Domain=\(domain)"
        return "\(Self.cookie)=\(text); Path=/; Max-Age=\(Self.lifetime)\(place); HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }
}
