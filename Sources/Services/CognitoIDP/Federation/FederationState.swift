import Crypto
import FoundationEssentials
import Platform
import Wire

/// Somebody who is on the way to an identity provider, with what the application asks for. It travels there and back as `state`
/// or `RelayState`, sealed, and is answered once, in the same browser.
package struct FederationState: Codable, Sendable {
    /// AWS gives people five minutes.
    fileprivate static let lifetime = 300.0

    /// Of no other; of a SAML request, its `ID`.
    package let id: String
    package let poolID: String
    /// The provider's name.
    package let provider: String
    /// What the application's address had.
    private let names: [String]
    private let values: [String]
    /// What the browser is known by.
    package let browser: String
    /// Where the answer is awaited: the address of the domain, without a path.
    package let address: String
    /// Seconds since 1970.
    package let expires: Double
    /// A secret that the code is redeemed with, and one that the ID token repeats.
    let verifier: String
    let nonce: String

    /// - Parameters:
    ///   - parameters: what the application's address had.
    ///   - browser: what it is known by.
    ///   - address: that of the domain, as the browser reaches it.
    ///   - time: seconds since 1970.
    package init(
        to provider: LoginProvider, at domain: LoginDomain, parameters: [(name: String, value: String)],
        browser: String, address: String, time: Double
    ) {
        id = "_" + UUID().uuidString.lowercased()
        poolID = domain.poolID
        self.provider = provider.name
        names = parameters.map(\.name)
        values = parameters.map(\.value)
        self.browser = browser
        self.address = address
        expires = time + Self.lifetime
        verifier = Identifiers.mixed(64)
        nonce = Identifiers.mixed(32)
    }

    package var parameters: [(name: String, value: String)] { zip(names, values).map { (name: $0, value: $1) } }

    /// What the verifier is made known by at first (RFC 7636, S256).
    var challenge: String { Base64URL.encode(Array(SHA256.hash(data: Data(verifier.utf8)))) }
}

/// Somebody who is signed out at an identity provider, and comes back to be led to where the application wants them.
package struct SignOutState: Codable, Sendable {
    /// The `ID` of the request.
    package let id: String
    package let poolID: String
    /// The provider's name.
    package let provider: String
    /// A path of the domain's, or an address that the app client lists.
    package let target: String
    /// Seconds since 1970.
    package let expires: Double

    /// - Parameter time: seconds since 1970.
    package init(provider: String, poolID: String, target: String, time: Double) {
        expires = time + FederationState.lifetime
        id = "_" + UUID().uuidString.lowercased()
        self.poolID = poolID
        self.provider = provider
        self.target = target
    }
}

/// Where a browser is sent with a request to an identity provider.
package enum ProviderDestination: Sendable {
    /// To an address.
    case address(String)
    /// To an address, by a form with these fields.
    /// - Parameter origin: that of the address, as policies of contents name it.
    case form(String, origin: String, fields: [(name: String, value: String)])
}

/// Why nobody is signed in who comes from an identity provider.
package enum FederationError: Error, Sendable {
    /// The application is told.
    /// - Parameter isQuoted: whether the description has words of the provider's in it, which may be anything, a code or a token
    ///   too: the event history does not have them.
    case told(code: String, description: String, isQuoted: Bool = false)
    /// It is shown to the person: no application is known, or nothing that comes of this browser.
    case shown(String)

    /// What a provider says is wrong, as applications are told: `Login Error - 400 invalid_request The request is missing …`. It is
    /// told on as far as it is what RFC 6749 lets an error be.
    package static func quoting(
        _ provider: String, _ status: String? = nil, code: String?, text: String?
    ) -> FederationError {
        let isPlain = { (scalar: Unicode.Scalar) in
            scalar.value >= 0x20 && scalar.value < 0x7f && scalar != "\"" && scalar != "\\"
        }
        guard let code, !code.isEmpty, code.utf8.count <= 300, code.unicodeScalars.allSatisfy(isPlain) else {
            let parts = ["\(provider) Error", status.map { "- \($0)" }]
            return .told(code: "server_error", description: parts.compactMap { $0 }.joined(separator: " "))
        }
        var plain = String.UnicodeScalarView()
        for scalar in (text ?? "").unicodeScalars.prefix(300) { plain.append(isPlain(scalar) ? scalar : " ") }
        let parts = ["\(provider) Error -", status, code, plain.isEmpty ? nil : String(plain)]
        return .told(
            code: code, description: parts.compactMap { $0 }.joined(separator: " "), isQuoted: true)
    }

    /// What Cognito says of an answer that nobody has asked for.
    package static let unsolicited = FederationError.shown(
        "Invalid samlResponse or relayState from identity provider")
}

extension AuthorizeRequest {
    /// Where the browser is sent to tell the application that there will be nothing.
    package func failure(code: String, description: String) -> String {
        RedirectURI.with([("error_description", description), ("error", code), ("state", state)], redirectURI)
    }
}

extension Call {
    /// Takes an answer of a provider's, once.
    /// - Parameters:
    ///   - name: what the answer is known by; of no other kind of answers.
    ///   - expires: from when on it would be refused anyway, in seconds since 1970.
    /// - Returns: whether it had not been taken before.
    func takeOnce(_ name: String, until expires: Double) async throws(ServiceError) -> Bool {
        // What others choose may be of any length.
        let used = UsedSession(id: LoginTicket.id(name), expires: expires)
        return try await keep { (records) throws(ServiceError) in try records.shared.put(used, replacing: nil) }
    }

    /// Takes a state that came back, once.
    /// - Returns: whether it is one that can be taken.
    package func take(_ state: FederationState) async throws(ServiceError) -> Bool {
        guard state.expires > time else { return false }
        return try await takeOnce("state \(state.id)", until: state.expires)
    }

    /// Takes the answer to a request to sign out, once.
    /// - Returns: whether it can be taken.
    package func take(_ state: SignOutState) async throws(ServiceError) -> Bool {
        guard state.expires > time else { return false }
        return try await takeOnce("sign-out \(state.id)", until: state.expires)
    }
}
