import Crypto
import Directory
import FoundationEssentials
import Ledger
import OIDC
import Platform
import SAML
import Wire

// Logins by an assertion of a SAML provider of IAM's.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/saml-identity-provider.html>

extension Call {
    private static let role = "https://aws.amazon.com/SAML/Attributes/Role"

    /// An assertion, which each operation takes once.
    func prove(
        assertion text: String, saml arn: String, of pool: IdentityPool
    ) async throws(ServiceError) -> ProvedLogin {
        guard let name = ARN(parsing: arn)?.typeAndRest?.rest, let account = ARN(parsing: arn)?.account else {
            throw .unsupportedProvider
        }
        let found = try await environment.read(Scope(account: account)) { (records) throws(ServiceError) in
            try records.get(SAMLProvider.self, String(name))
        }
        guard let provider = found, provider.arn == arn else { throw .unsupportedProvider }
        guard time < provider.validUntil else { throw .invalidLogin("The metadata of the SAML provider has expired.") }
        let assertion: SAMLAssertion
        do throws(SAMLError) {
            let verifier = SAMLVerifier(
                metadata: try SAMLMetadata(parsing: provider.metadata), privateKeys: provider.privateKeys.map(\.pem),
                requiresEncryption: provider.encryptionMode == .required, providerID: provider.uniqueID,
                ownAddress: environment.publicAddress.url)
            assertion = try verifier.assertion(inBase64: text, at: clientTime)
        } catch {
            throw ServiceError(assertion: error)
        }
        try await spend(assertion, arn, of: pool)
        let roles = (assertion.attributes[Self.role] ?? []).compactMap { Self.offeredRole($0, by: arn) }
        var claims = assertion.attributes.mapValues { ClaimValue.array($0.map { .string($0) }) }
        let nameIdentifier = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
        if claims[nameIdentifier] == nil { claims[nameIdentifier] = .string(assertion.subject) }
        var login = ProvedLogin(
            login: PooledIdentity.Login(provider: arn, user: assertion.subject), names: [arn],
            method: "\(arn):SAML:\(assertion.subject)", claims: claims)
        login.offeredRoles = roles
        return login
    }

    /// The role of a pair of ARNs, in either order, whose other is the provider's.
    private static func offeredRole(_ value: String, by provider: String) -> String? {
        let pair = value.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.drop { $0 == " " }.prefix { $0 != " " })
        }
        guard pair.count == 2, pair.contains(provider) else { return nil }
        return pair.first { $0 != provider }
    }

    /// Takes an assertion as shown to this operation. That stays even if the operation fails afterwards.
    private func spend(_ assertion: SAMLAssertion, _ provider: String, of pool: IdentityPool) async throws(ServiceError)
    {
        let digest = Array(SHA256.hash(data: Data("\(provider)\u{0}\(assertion.id)".utf8)))
        let now = time
        // No assertion is taken for longer.
        let spent = SpentAssertion(
            poolID: pool.id, operation: operation, digest: digest,
            until: now + SAMLVerifier.redeemableSeconds + 2 * SAMLVerifier.clockSkew)
        let isNew = try await environment.write(pool.scope, requestID: requestID) { (records) throws(ServiceError) in
            guard try records.get(SpentAssertion.self, spent.key, of: spent.partition) == nil else { return false }
            let old = try records.list(SpentAssertion.self, by: "until", of: spent.partition, limit: 8)
            for one in old where one.until < now { try records.delete(SpentAssertion.self, one.key, of: one.partition) }
            try records.put(spent)
            return true
        }
        guard isNew else { throw .invalidLogin("SAML assertion has been used before.") }
    }
}

extension ServiceError {
    fileprivate init(assertion error: SAMLError) {
        self =
            switch error {
            case .malformed: .invalidLogin("Invalid SAML response.")
            case .signatureInvalid: .invalidLogin("Response signature invalid.")
            case .unknownIssuer: .invalidLogin("Issuer not present in specified provider.")
            case .wrongAudience: .invalidLogin("Response does not contain the required audience.")
            case .unconfirmedSubject:
                .invalidLogin("Response does not contain one bearer confirmation for the AWS sign-in endpoint.")
            case .notEncrypted: .invalidLogin("The specified provider requires encrypted assertions.")
            case .undecipherable: .invalidLogin("Unable to decrypt the assertion.")
            case .notYetValid: .invalidLogin("Response is not valid yet.")
            case .rejectedByProvider: .invalidLogin("The identity provider reported that authentication failed.")
            case .expired: .invalidLogin("Response has expired.")
            case .tooOld: .invalidLogin("Token must be redeemed within 5 minutes of issuance.")
            }
    }
}
