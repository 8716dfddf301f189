import Directory
import Ledger
public import Platform
import SAML
public import Wire

/// What a browser brings from an identity provider, to sign in to the console.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-saml.html>
public struct SAMLSignIn: Sendable {
    /// A role that the response offers, with the provider that vouches for it.
    public struct Choice: Sendable, Hashable {
        /// `arn:aws:iam::111122223333:role/Reader`
        public let roleARN: String
        /// `arn:aws:iam::111122223333:saml-provider/Example`
        public let providerARN: String
    }

    /// The roles to choose from, in the response's order.
    public let choices: [Choice]
    /// For how many seconds the provider wants the session to last; nil: it does not say.
    public let duration: Int?

    /// Reads a response, and verifies it with the provider that it names.
    ///
    /// - Parameters:
    ///   - response: base64 of the response's XML, as the HTTP POST binding has it.
    ///   - providerID: AWS's id of the provider, from the address that was posted to; nil: it had none. An encrypted response
    ///     has to come to an address that has it.
    /// - Throws: InvalidIdentityToken, ExpiredTokenException, IDPRejectedClaim.
    public init(_ response: String, providerID: String?, _ environment: Environment) async throws(ServiceError) {
        let claimed: [Choice]
        do throws(SAMLError) {
            claimed = try SAMLResponseClaims.values(of: SAMLClaims.role, inBase64: response).compactMap(Self.choice)
        } catch {
            throw ServiceError(error)
        }
        let provider: SAMLProvider?
        if let providerID {
            provider = try await Self.provider(ofID: providerID, environment)
        } else if let arn = claimed.first.flatMap({ ARN(parsing: $0.providerARN) }), let name = arn.typeAndRest?.rest {
            provider = try await environment.read(Scope(account: arn.account)) { (records) throws(ServiceError) in
                try records.get(SAMLProvider.self, String(name))
            }
        } else {
            provider = nil
        }
        guard let provider else { throw .invalidIdentityToken("Specified provider doesn't exist") }
        let assertion = try provider.assertion(in: response, environment, at: environment.now())
        let claims = SAMLClaims(attributes: assertion.attributes)
        // One provider has signed; it speaks for itself alone.
        choices = claims.values("Role").compactMap(Self.choice).filter { $0.providerARN == provider.arn }
        duration = claims.values("SessionDuration").first.flatMap { Int($0) }.map { min(max($0, 900), 43_200) }
        guard !choices.isEmpty else {
            throw .invalidIdentityToken("Response does not offer a role of this provider")
        }
    }

    /// A pair of ARNs, in either order.
    private static func choice(_ value: String) -> Choice? {
        let pair = value.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.drop { $0 == " " }.prefix { $0 != " " })
        }
        guard pair.count == 2, let role = pair.first(where: { $0.contains(":role/") }),
            let provider = pair.first(where: { $0.contains(":saml-provider/") })
        else { return nil }
        return Choice(roleARN: role, providerARN: provider)
    }

    /// - Complexity: linear in the accounts and their providers: nothing else needs providers by their ids.
    private static func provider(
        ofID id: String, _ environment: Environment
    ) async throws(ServiceError) -> SAMLProvider? {
        for account in environment.directory.allAccounts {
            let found = try await environment.read(Scope(account: account.id)) { (records) throws(ServiceError) in
                try records.list(SAMLProvider.self, limit: .max).first { $0.uniqueID == id }
            }
            if let found { return found }
        }
        return nil
    }
}
