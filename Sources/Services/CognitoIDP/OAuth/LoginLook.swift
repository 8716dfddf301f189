import Ledger
import Platform
import Wire

/// How the pages of an app client look: what its owner has set with SetUICustomization, or as a branding of managed login.
package struct LoginLook: Sendable {
    /// Of the classic hosted UI: rules for some classes, as they were set. Nobody has looked at them.
    package var css: String?
    /// Of the picture at the top of the page: `image/png`, `image/jpeg`; nil: there is none.
    package var logoType: String?
    /// Of managed login: `Settings` of the branding. Nobody has looked at them.
    package var settings: JSONValue?

    package struct Picture: Sendable {
        package let type: String
        package let bytes: [UInt8]
    }

}

extension Environment {
    /// What is made of how the pages of a client look.
    /// - Parameters:
    ///   - cache: where it may be already.
    ///   - make: makes it.
    /// - Returns: nil where a domain of managed login has no branding for the client: it then has no pages.
    package func loginLook<Look: Sendable>(
        of client: LoginClient, at domain: LoginDomain, _ cache: LookCache<Look>, _ make: (LoginLook) -> Look
    ) async throws(ServiceError) -> Look? {
        let (clientID, poolID) = (client.id, domain.poolID)
        let found = try await read(domain.pool.scope) {
            (records) throws(ServiceError) -> (version: String, kept: Look?, look: LoginLook)? in
            if domain.isManagedLogin {
                guard let branding = try records.branding(ofClient: clientID) else { return nil }
                let version = "\(branding.id) \(branding.modified)"
                if let kept = cache.look(version) { return (version, kept, LoginLook()) }
                return (version, nil, LoginLook(branding, try records.logo(of: branding)))
            }
            guard let set = try records.customization(ofClient: clientID, poolID) else { return ("", nil, LoginLook()) }
            let version = "\(set.id) \(set.modified)"
            if let kept = cache.look(version) { return (version, kept, LoginLook()) }
            return (version, nil, LoginLook(set))
        }
        guard let found else { return nil }
        if let kept = found.kept { return kept }
        let made = make(found.look)
        cache.keep(made, found.version)
        return made
    }

    /// The picture at the top of a client's pages; nil: there is none.
    package func loginLogo(
        of client: LoginClient, at domain: LoginDomain
    ) async throws(ServiceError) -> LoginLook.Picture? {
        let (clientID, poolID) = (client.id, domain.poolID)
        return try await read(domain.pool.scope) { (records) throws(ServiceError) -> LoginLook.Picture? in
            if domain.isManagedLogin {
                guard let branding = try records.branding(ofClient: clientID) else { return nil }
                return try records.logo(of: branding)?.picture
            }
            return try records.customization(ofClient: clientID, poolID)?.picture
        }
    }

    /// The documents that whoever signs up agrees to: terms of use and privacy policy. nil: not both are there.
    /// - Parameter language: `english`; what is not there in it is shown as it is for all others.
    package func loginTerms(
        of client: LoginClient, at domain: LoginDomain, in language: String
    ) async throws(ServiceError) -> (use: String, privacy: String)? {
        let clientID = client.id
        let all = try await read(domain.pool.scope) { (records) throws(ServiceError) in
            try records.terms(ofClient: clientID)
        }
        let link = { (name: String) in
            all.first { $0.name == name }.flatMap {
                $0.links["cognito:\(language)"] ?? $0.links[TermsDocument.defaultLanguage]
            }
        }
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

extension RecordReading {
    /// What was set for a client of the classic hosted UI, or for all clients.
    fileprivate func customization(ofClient clientID: String, _ poolID: String) throws(ServiceError) -> UICustomization?
    {
        for id in [clientID, UICustomization.all] {
            if let set = try get(UICustomization.self, UICustomization.id(id, of: poolID)) { return set }
        }
        return nil
    }

    /// The picture that a branding has for light pages, or else for others.
    fileprivate func logo(of branding: ManagedLoginBranding) throws(ServiceError) -> BrandingAsset? {
        guard !branding.usesDefaults else { return nil }
        let logos = try list(
            BrandingAsset.self, of: branding.poolID, RowRange(RowPrefix(.text(branding.id), .text("FORM_LOGO"))),
            limit: 8
        ).filter { $0.picture != nil }
        return logos.first { $0.colorMode != "DARK" } ?? logos.first
    }
}

extension UICustomization {
    fileprivate var picture: LoginLook.Picture? {
        image.map {
            LoginLook.Picture(type: imageExtension == "png" ? "image/png" : "image/jpeg", bytes: Array($0))
        }
    }
}

extension BrandingAsset {
    /// Pictures of other types could bring scripts along, or are none that all browsers show.
    fileprivate var picture: LoginLook.Picture? {
        guard let bytes, ["PNG", "JPEG"].contains(format) else { return nil }
        return LoginLook.Picture(type: format == "PNG" ? "image/png" : "image/jpeg", bytes: Array(bytes))
    }
}

extension LoginLook {
    fileprivate init(_ customization: UICustomization) {
        css = customization.css
        logoType = customization.picture?.type
    }

    fileprivate init(_ branding: ManagedLoginBranding, _ logo: BrandingAsset?) {
        guard !branding.usesDefaults else { return }
        settings = branding.settings.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
        logoType = logo?.picture?.type
    }
}
