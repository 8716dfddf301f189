import CognitoIDPAPI
import Platform
import Wire

/// An app client that has proved itself to an endpoint: by its secret, where it has any (`client_secret_basic`,
/// `client_secret_post`).
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>
enum ClientAuthentication {
    /// - Parameters:
    ///   - authorization: the header of this name; nil: there is none.
    ///   - form: the values of the body.
    /// - Throws: `invalid_client`; `invalid_request` where a client names itself in two ways, or not at all.
    static func client(
        _ authorization: String?, _ form: TokenForm, of domain: LoginDomain, _ environment: Environment
    ) throws(OAuthError) -> ClientEntry {
        var (id, secret) = (form["client_id"], form["client_secret"])
        if let authorization {
            guard let basic = credentials(authorization) else { throw OAuthError(.invalidClient) }
            guard id == nil || id == basic.id, secret == nil || secret == basic.secret else {
                throw OAuthError(.invalidRequest)
            }
            (id, secret) = basic
        }
        guard let id else { throw OAuthError(.invalidRequest) }
        guard let client = domain.client(id, environment)?.entry, client.isProved(by: secret) else {
            throw OAuthError(.invalidClient)
        }
        return client
    }

    /// RFC 6749, section 2.3.1: both are encoded as in a form before they are joined.
    private static func credentials(_ header: String) -> (id: String, secret: String?)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let bytes = Base64.decode(parts[1].utf8),
            let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":"),
            let id = text[..<colon].percentDecoded, let secret = text[text.index(after: colon)...].percentDecoded
        else { return nil }
        return (id, secret.isEmpty ? nil : secret)
    }
}

/// The values of a form that was posted to an endpoint, each name once.
struct TokenForm: Sendable {
    private let values: [String: String]

    /// - Throws: `invalid_request` for a value that is there twice: RFC 6749, section 3.2.
    init(_ all: [(name: String, value: String)]) throws(OAuthError) {
        var values: [String: String] = [:]
        for (name, value) in all {
            guard values.updateValue(value, forKey: name) == nil else { throw OAuthError(.invalidRequest) }
        }
        self.values = values
    }

    /// nil: it is not there, or empty.
    subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }
}
