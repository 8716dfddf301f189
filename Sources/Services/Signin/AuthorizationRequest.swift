public import Wire

/// What a program asks for by the address that it opens in a browser.
/// <https://docs.aws.amazon.com/signin/latest/APIReference/API_dataplane-signin_AuthorizeOAuth2Access.html>
public struct AuthorizationRequest: Sendable, Codable, Equatable {
    /// Which program it is, or says that it is.
    public let client: DeveloperTool
    /// The SHA-256 of a secret that the program will show in the end (PKCE, RFC 7636), in base64url.
    public let codeChallenge: String
    /// Where the browser is to take the code.
    public let redirectURI: String
    /// What the program wants to get back with the code; nil: nothing.
    public let state: String?

    /// Where the page is, on this server as on AWS's.
    public static let path = "/v1/authorize"
    /// Where AWS shows the code that a person carries to another device.
    private static let confirmation = "/v1/sessions/confirmation"
    private static let callback = "/oauth/callback"
    private static let longestState = 1024

    /// Reads a request.
    /// - Parameters:
    ///   - parameter: the values of the address, by their names; nil: it is not there, or empty.
    ///   - addresses: how this server is reached: `https://localhost:4566`.
    /// - Throws: ValidationException for what can't be taken. The browser must not be sent anywhere then.
    public init(_ parameter: (String) -> String?, at addresses: [String]) throws(ServiceError) {
        guard let client = parameter("client_id").flatMap({ DeveloperTool(rawValue: $0) }) else {
            throw .invalidRequest("client_id is none of a program that can sign in here.")
        }
        self.client = client
        guard parameter("response_type") == "code" else { throw .invalidRequest("response_type must be code.") }
        guard parameter("scope")?.split(separator: " ").contains("openid") == true else {
            throw .invalidRequest("scope must be openid.")
        }
        guard parameter("code_challenge_method") == "SHA-256" else {
            throw .invalidRequest("code_challenge_method must be SHA-256.")
        }
        guard let challenge = parameter("code_challenge"), Base64URL.decode(challenge)?.count == 32 else {
            throw .invalidRequest("code_challenge must be the SHA-256 of a code verifier, in base64url.")
        }
        codeChallenge = challenge
        guard let redirectURI = parameter("redirect_uri"), Self.isKnown(redirectURI, client, addresses) else {
            throw .invalidRequest(
                client == .sameDevice
                    ? "redirect_uri must be http://127.0.0.1:PORT\(Self.callback)."
                    : "redirect_uri must be \(addresses.first ?? "")\(Self.confirmation).")
        }
        self.redirectURI = redirectURI
        state = parameter("state")
        guard (state?.utf8.count ?? 0) <= Self.longestState else { throw .invalidRequest("state is too long.") }
    }

    /// The origin of the program that waits for the browser; nil: the person carries the code.
    public var origin: String? {
        client == .sameDevice ? String(redirectURI.dropLast(Self.callback.count)) : nil
    }

    /// Letter by letter, so that nothing can be read in two ways: this machine's own names, a port, and AWS's path; or this
    /// server's own page.
    private static func isKnown(_ address: String, _ client: DeveloperTool, _ own: [String]) -> Bool {
        guard client == .sameDevice else { return own.contains { address == $0 + confirmation } }
        for host in ["http://127.0.0.1:", "http://localhost:"] where address.hasPrefix(host) {
            guard address.hasSuffix(callback) else { return false }
            let port = address.dropFirst(host.count).dropLast(callback.count)
            return port.utf8.allSatisfy { (0x30...0x39).contains($0) } && port.first != "0"
                && Int(port).map { (1...65_535).contains($0) } == true
        }
        return false
    }
}
