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

}

extension Environment {
    /// How the pages of a client look.
    /// - Returns: nil where a domain of managed login has no branding for the client: it then has no pages.
    package func loginLook(of client: LoginClient, at domain: LoginDomain) async throws(ServiceError) -> LoginLook? {
        let (clientID, poolID) = (client.id, domain.poolID)
        return try await read(domain.pool.scope) { (records) throws(ServiceError) -> LoginLook? in
            if domain.isManagedLogin {
                guard let branding = try records.branding(ofClient: clientID) else { return nil }
                return LoginLook(branding, try records.assets(of: branding))
            }
            for id in [clientID, UICustomization.all] {
                if let set = try records.get(UICustomization.self, UICustomization.id(id, of: poolID)) {
                    return LoginLook(set)
                }
            }
            return LoginLook()
        }
    }

    /// The documents that whoever signs up agrees to: terms of use and privacy policy. nil: not both are there.
    package func loginTerms(
        of client: LoginClient, at domain: LoginDomain
    ) async throws(ServiceError) -> (use: String, privacy: String)? {
        let clientID = client.id
        let all = try await read(domain.pool.scope) { (records) throws(ServiceError) in
            try records.terms(ofClient: clientID)
        }
        let link = { (name: String) in all.first { $0.name == name }?.links[TermsDocument.defaultLanguage] }
        guard let use = link("terms-of-use"), let privacy = link("privacy-policy") else { return nil }
        return (use, privacy)
    }

    /// The other providers that users of a client may come from, in the order in which it names them.
    package func loginProviders(of client: LoginClient, at domain: LoginDomain) -> [LoginProvider] {
        client.providers.compactMap { name in
            identityProvider(name, of: domain.poolID).map {
                LoginProvider(name: $0.name, type: $0.type.rawValue, identifiers: $0.identifiers)
            }
        }
    }
}

extension LoginLook {
    fileprivate init(_ customization: UICustomization) {
        css = customization.css
        logo = customization.image.map {
            Picture(type: customization.imageExtension == "png" ? "image/png" : "image/jpeg", bytes: Array($0))
        }
    }

    fileprivate init(_ branding: ManagedLoginBranding, _ assets: [BrandingAsset]) {
        guard !branding.usesDefaults else { return }
        settings = branding.settings.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
        // Pictures of other types could bring scripts along, or are none that all browsers show.
        let logos = assets.filter { $0.category == "FORM_LOGO" && ["PNG", "JPEG"].contains($0.format) }
        let logo = logos.first { $0.colorMode != "DARK" } ?? logos.first
        self.logo = logo.flatMap { asset in
            asset.bytes.map { Picture(type: asset.format == "PNG" ? "image/png" : "image/jpeg", bytes: Array($0)) }
        }
    }
}
