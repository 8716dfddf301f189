import Compression
import Crypto
import CryptoExtras
import Fetch
import FoundationEssentials
import Platform
import SAML
import Wire

// Signing in by a SAML identity provider.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html>

/// One SAML provider, as a user pool relies on it.
struct SAMLSignOn: Sendable {
    let call: Call
    let pool: PoolEntry
    let provider: UserPoolProvider
    let metadata: SAMLMetadata

    init(_ call: Call, _ pool: PoolEntry, _ provider: UserPoolProvider) throws(FederationError) {
        guard let metadata = call.environment.metadata(of: provider) else {
            throw .told(code: "server_error", description: "The metadata of \(provider.name) can't be read.")
        }
        self.call = call
        self.pool = pool
        self.provider = provider
        self.metadata = metadata
    }

    /// What the pool is called as a service provider.
    private var entityID: String { "urn:amazon:cognito:sp:\(pool.id)" }

    /// Whether responses are taken that the pool has not asked for.
    var takesUnsolicited: Bool { provider.isOn("IDPInit") }

    // MARK: The way there

    /// Where the browser is sent to, to be signed in.
    func destination(_ state: FederationState, sealed: String) async throws(ServiceError) -> ProviderDestination? {
        let isForced = state.parameters.contains { field in
            field.name == "prompt" && field.value.split(separator: " ").contains("login")
        }
        let request = { (destination: String) in
            SAMLRequest.signOn(
                id: state.id, issuer: entityID, destination: destination,
                consumer: state.address + "/saml2/idpresponse", isForced: isForced, issued: issued)
        }
        let isSigned = provider.details["RequestSigningAlgorithm"] != nil
        if let address = metadata.signOnLocations[SAMLBinding.redirect] {
            return try await redirect(request(address), to: address, sealed, isSigned: isSigned).map { .address($0) }
        }
        guard let address = metadata.signOnLocations[SAMLBinding.post],
            let place = WebAddress(address, mayHaveQuery: true, mayBePlain: true)
        else { return nil }
        let made = request(address)
        var bytes = Array(made.xml.utf8)
        if isSigned {
            guard let signed = made.signed(by: try await call.environment.signingKeys(of: pool).key) else {
                throw .internalFailure
            }
            bytes = signed
        }
        return .form(
            address, origin: "\(place.isSecure ? "https" : "http")://\(place.authority)",
            fields: [
                (name: "SAMLRequest", value: String(decoding: Base64.encode(bytes), as: UTF8.self)),
                (name: "RelayState", value: sealed),
            ])
    }

    /// Where the browser is sent to, to be signed out; nil: that provider does not sign out.
    func signOut(
        _ session: FederatedProfile.ProviderSession, _ state: SignOutState, sealed: String
    ) async throws(ServiceError) -> String? {
        guard provider.isOn("IDPSignout"), let address = metadata.logoutLocations[SAMLBinding.redirect] else {
            return nil
        }
        let request = SAMLRequest.signOut(
            id: state.id, issuer: entityID, destination: address, subject: session.subject, format: session.format,
            sessionIndex: session.index, issued: issued)
        return try await redirect(request, to: address, sealed, isSigned: true)
    }

    private var issued: String { Timestamp(secondsSinceEpoch: call.clientTime.rounded(.down)).iso8601 }

    /// SAML 2.0 Bindings, 3.4.4.1: the signature is over the query as it is sent, not over the XML.
    private func redirect(
        _ request: SAMLRequest, to address: String, _ sealed: String, isSigned: Bool
    ) async throws(ServiceError) -> String? {
        guard RedirectURI.isSafe(address), WebAddress(address, mayHaveQuery: true, mayBePlain: true) != nil else {
            return nil
        }
        guard let deflated = Self.deflated(Array(request.xml.utf8)) else { throw .internalFailure }
        var query = [
            (name: "SAMLRequest", value: String(decoding: Base64.encode(deflated), as: UTF8.self)),
            (name: "RelayState", value: sealed),
        ]
        if isSigned {
            query.append((name: "SigAlg", value: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"))
            let pem = try await call.environment.signingKeys(of: pool).key
            do {
                let digest = SHA256.hash(data: Data(RedirectURI.form(query).utf8))
                let signature = try _RSA.Signing.PrivateKey(pemRepresentation: pem).signature(
                    for: digest, padding: .insecurePKCS1v1_5)
                query.append(
                    (
                        name: "Signature",
                        value: String(decoding: Base64.encode(Array(signature.rawRepresentation)), as: UTF8.self)
                    ))
            } catch { throw .internalFailure }
        }
        return RedirectURI.with(query.map { ($0.name, $0.value) }, address)
    }

    /// DEFLATE (RFC 1951): what gzip has between its head, of ten bytes without a name, and the eight of its check.
    private static func deflated(_ bytes: [UInt8]) -> [UInt8]? {
        guard let gzip = Gzip.compress(bytes), gzip.count > 18, gzip[3] == 0 else { return nil }
        return Array(gzip[10..<(gzip.count - 8)])
    }

    // MARK: The way back

    /// Who a response is about.
    /// - Parameters:
    ///   - response: as the browser has posted it.
    ///   - request: the `ID` of the request that it has to answer; nil: none was made.
    ///   - addresses: those of the domain, as assertions may name it.
    func identity(
        _ response: String, request: String?, addresses: [String]
    ) async throws(FederationError) -> FederatedProfile {
        let verifier = SAMLVerifier(
            metadata: metadata, privateKeys: provider.encryptionKey.map { [$0] } ?? [],
            requiresEncryption: provider.isOn("EncryptedResponses"),
            receiver: .serviceProvider(
                entityID: entityID, addresses: addresses.map { $0 + "/saml2/idpresponse" }, request: request))
        let assertion: SAMLAssertion
        do throws(SAMLError) {
            if let end = metadata.validUntil, end <= call.clientTime { throw SAMLError.expired }
            assertion = try verifier.assertion(inBase64: response, at: call.clientTime)
        } catch {
            throw Self.invalid(Self.reason(error))
        }
        // AWS remembers the ids of assertions. Beyond that time they are refused for their age. Who has issued them counts, and not
        // what the pool calls that: it may have two names for one.
        let name = "assertion \(pool.id) \(metadata.entityID) \(assertion.id)"
        do throws(ServiceError) {
            guard try await call.takeOnce(name, until: call.time + 900) else {
                throw ServiceError("Replayed", "Assertion was already used")
            }
        } catch {
            throw Self.invalid(error.message)
        }
        var claims = assertion.attributes.mapValues { ClaimText.joined($0) }
        let told = claims
        claims["NameID"] = assertion.subject
        return FederatedProfile(
            provider: provider.name, subject: assertion.subject, issuer: metadata.entityID, claims: claims,
            sections: ["samlResponse": told],
            session: FederatedProfile.ProviderSession(
                subject: assertion.subject, format: assertion.subjectFormat, index: assertion.sessionIndex))
    }

    static func invalid(_ reason: String) -> FederationError {
        .told(code: "server_error", description: "Invalid SAML response received: \(reason)")
    }

    private static func reason(_ error: SAMLError) -> String {
        switch error {
        case .malformed: "Response can't be parsed"
        case .signatureInvalid: "Invalid signature"
        case .unknownIssuer: "Issuer does not match the provider's metadata"
        case .rejectedByProvider: "Status is not success"
        case .expired: "Response is expired"
        case .notYetValid: "Response is not valid yet"
        case .tooOld: "Assertion was issued too long ago"
        case .wrongAudience: "Audience restriction is not met"
        case .unconfirmedSubject: "Recipient or InResponseTo does not match"
        case .notEncrypted: "Assertion is not encrypted"
        case .undecipherable: "Assertion can't be decrypted"
        }
    }
}
