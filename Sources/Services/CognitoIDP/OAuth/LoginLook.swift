import Platform
import Wire

/// How the pages of an app client look: what its owner has set with SetUICustomization, or as a branding of managed login.
package struct LoginLook: Sendable {
    /// Of the classic hosted UI: rules for some classes, as they were set. Nobody has looked at them.
    package var css: String?
    /// The picture at the top of the page.
    package var logo: Picture?
    /// Of managed login: `Settings` of the branding. Nobody has looked at them.
    package var settings: JSONValue?

    package struct Picture: Sendable {
        package let type: String
        package let bytes: [UInt8]
    }

    package init() {}
}

extension Environment {
    /// How the pages of a client look.
    /// - Returns: nil where a domain of managed login has no branding for the client: it then has no pages.
    package func loginLook(of client: LoginClient, at domain: LoginDomain) async throws(ServiceError) -> LoginLook? {
        LoginLook()
    }

    /// The other providers that users of a client may come from, in the order in which it names them.
    package func loginProviders(
        of client: LoginClient, at domain: LoginDomain
    ) async throws(ServiceError) -> [LoginProvider] { [] }
}
