import CognitoIDPAPI
import Fetch
import Platform
import SAML
import Wire

/// What a provider's documents say of it, found out before the transaction: SAML metadata, given or fetched; an OpenID
/// provider's discovery document where the request does not name all addresses.
public struct ProviderDocuments: Sendable {
    /// Members of the details.
    var details: [String: String] = [:]
    var metadata: String?
    /// Whether the metadata were fetched.
    var isFetched = false
    /// By which assertions are decrypted; nil: they are not encrypted.
    var encryptionKey: String?

    /// - Parameters:
    ///   - details: checked already.
    ///   - old: the provider as it was; nil: it is new.
    /// - Throws: InvalidParameterException for documents that can't be had, or that say something else.
    init(
        of type: UserPoolProvider.ProviderType, _ details: [String: String], replacing old: UserPoolProvider? = nil,
        _ environment: Environment
    ) async throws(ServiceError) {
        switch type {
        case .saml:
            try await readSAML(details, environment)
            try await prepareDecryption(details, old, environment)
        case .oidc: try await discover(details, environment)
        case .google, .facebook, .amazon, .apple: break
        }
    }

    // MARK: SAML

    private mutating func readSAML(
        _ details: [String: String], _ environment: Environment
    ) async throws(ServiceError) {
        if let text = details["MetadataFile"] {
            metadata = text
        } else if let address = details["MetadataURL"] {
            isFetched = true
            metadata = try await Self.fetch(address, environment) { "Error retrieving metadata from \($0)" }
        }
        do throws(SAMLError) {
            let parsed = try SAMLMetadata(parsing: metadata ?? "")
            let locations = parsed.signOnLocations
            self.details["SSORedirectBindingURI"] = locations[SAMLBinding.redirect]
            self.details["SLORedirectBindingURI"] = parsed.logoutLocations[SAMLBinding.redirect]
            guard locations[SAMLBinding.redirect] != nil || locations[SAMLBinding.post] != nil else {
                throw .malformed
            }
        } catch {
            throw .invalidParameter(
                details["MetadataURL"].map { "Error retrieving metadata from \($0)" }
                    ?? "Could not parse the metadata document.")
        }
    }

    /// Each provider that encrypts has a key pair of its own, which it keeps.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-signing-encryption.html>
    private mutating func prepareDecryption(
        _ given: [String: String], _ old: UserPoolProvider?, _ environment: Environment
    ) async throws(ServiceError) {
        guard given["EncryptedResponses"]?.lowercased() == "true" else { return }
        let member = "ActiveEncryptionCertificate"
        if let key = old?.encryptionKey, let certificate = old?.details[member] {
            encryptionKey = key
            details[member] = certificate
        } else {
            let made = try await SigningKeys.make(
                of: old?.poolID ?? "cognito", at: environment.clock.realTime, encrypts: true)
            encryptionKey = made.key
            details[member] = made.certificate
        }
    }

    // MARK: OpenID Connect

    private static let discovered = [
        ("authorize_url", "authorization_endpoint"), ("token_url", "token_endpoint"),
        ("attributes_url", "userinfo_endpoint"), ("jwks_uri", "jwks_uri"),
    ]

    private mutating func discover(
        _ given: [String: String], _ environment: Environment
    ) async throws(ServiceError) {
        guard let issuer = given["oidc_issuer"], Self.discovered.contains(where: { given[$0.0] == nil }) else { return }
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let address = base + "/.well-known/openid-configuration"
        let text = try await Self.fetch(address, environment) { "Unable to contact well-known endpoint: \($0)" }
        guard let document = try? JSONValue(parsing: Array(text.utf8)), case .string(let name)? = document["issuer"],
            name == issuer || name == base
        else { throw .invalidParameter("Invalid document at the well-known endpoint: \(address)") }
        for (member, known) in Self.discovered where given[member] == nil {
            guard case .string(let found)? = document[known], WebAddress(found, mayHaveQuery: true) != nil else {
                throw .invalidParameter("The document at \(address) has no \(known) that is an https URL.")
            }
            details[member] = found
        }
    }

    /// - Parameter complaint: what is said of an address that gives nothing.
    /// - Throws: InvalidParameterException.
    static func fetch(
        _ text: String, _ environment: Environment, complaint: (String) -> String
    ) async throws(ServiceError) -> String {
        let servers = environment.outsideServers
        guard let place = servers.place(of: text) else { throw .invalidParameter(complaint(text)) }
        do throws(FetchError) {
            let answer = try await servers.fetch(place).send(
                Fetch.Request("GET", place.address, headers: [("Accept", "*/*")]))
            if answer.status == 200, let body = String(validating: answer.body, as: UTF8.self) { return body }
        } catch {}
        throw .invalidParameter(complaint(text))
    }
}
