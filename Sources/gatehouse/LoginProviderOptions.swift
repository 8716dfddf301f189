import ArgumentParser
import Fetch
import Server

/// The issuers in the place of login providers that everybody knows.
struct LoginProviderOptions: ParsableArguments {
    @Option(
        name: .customLong("login-provider"),
        help: """
            The OpenID Connect provider in the place of one that Cognito's user pools and identity pools know by name: \
            NAME=URL, its issuer, such as graph.facebook.com=https://localhost:8443. Can be repeated.
            """)
    var providers: [String] = []

    /// The issuers by the providers' names.
    static func issuers() throws -> [String: String] {
        var issuers: [String: String] = [:]
        for text in Settings.list("LOGIN_PROVIDER") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let name = parts.first, let issuer = parts.last,
                name.wholeMatch(of: /[A-Za-z0-9.-]+/) != nil, let address = WebAddress(issuer), address.isSecure,
                !issuer.hasSuffix("/")
            else {
                throw ValidationError(
                    "--login-provider takes NAME=URL, such as graph.facebook.com=https://localhost:8443, not '\(text)'."
                )
            }
            issuers[name.lowercased()] = issuer
        }
        return issuers
    }
}
