import ACME
import CertificateIssuing
import Ledger
import Platform
import Wire
import X509

// Certificates, once they are issued: RFC 8555, sections 7.4.2 and 7.6.

extension ACMEExchange {
    /// The certificate with those above it. The alternate chain goes without the root.
    func certificate(
        _ id: String, isAlternate: Bool, _ signed: SignedRequest, _ account: ACMEAccount
    ) async throws(Problem) -> WireResponse {
        try requireNothing(in: signed)
        let arn = endpoint.arn
        let found = try await read { (records) throws(ServiceError) in try records.get(ManagedCertificate.self, id) }
        guard let found, let acme = found.acme, acme.endpointARN == arn, acme.accountID == account.id,
            let content = found.content
        else { throw Problem(.malformed, "The account has no such certificate.", status: 404) }
        let short = try Self.withoutRoot(content)
        guard !isAlternate || short != nil else {
            throw Problem(.malformed, "The certificate has no other chain.", status: 404)
        }
        let chain =
            isAlternate ? short ?? "" : [content.body, content.chain].compactMap(\.self).joined(separator: "\n")
        var response = WireResponse(
            status: 200, headers: [(name: "content-type", value: "application/pem-certificate-chain")],
            body: Array((chain.hasSuffix("\n") ? chain : chain + "\n").utf8))
        if short != nil, !isAlternate {
            let other = endpoint.url(.certificate(id, isAlternate: true), environment)
            response.headers.append((name: "link", value: "<\(other)>;rel=\"alternate\""))
        }
        return response
    }

    /// The chain without a root at its end, which whoever trusts it has; nil where nothing else would be left.
    private static func withoutRoot(_ content: ManagedCertificate.Content) throws(Problem) -> String? {
        do throws(IssuingError) {
            let above = try Certificate.chain(content.chain ?? "")
            guard above.count >= 2, let last = above.last, last.isSelfSigned else { return nil }
            var parts = [content.body]
            for one in above.dropLast() { parts.append(try one.pem()) }
            return parts.joined(separator: "\n")
        } catch {
            throw Problem(.serverInternal, "The certificate's chain can't be read.")
        }
    }

    /// Who wants a certificate to be revoked.
    enum Revoker: Sendable {
        case account(ACMEAccount)
        /// Whoever has a key, which may be the certificate's.
        case certificate(AccountKey)
    }

    func revoke(_ signed: SignedRequest, by revoker: Revoker) async throws(Problem) -> WireResponse {
        let payload = try signed.object()
        guard let der = payload["certificate"]?.text.flatMap({ Base64URL.decode($0) }),
            let certificate = try? Certificate(der: der)
        else { throw .malformed("The certificate is not one in DER, in base64url.") }
        let reason = try Self.reason(payload["reason"])
        let serial = ACMECertificate.serial(certificate.serialText)
        let endpointID = endpoint.id
        let found = try await read {
            (records) throws(ServiceError) -> (ManagedCertificate, ACMEAccount)? in
            guard let row = try records.get(ACMECertificate.self, ACMECertificate.key(serial), of: endpointID),
                let managed = try records.get(ManagedCertificate.self, row.certificateID),
                let account = try records.get(ACMEAccount.self, ACMEAccount.key(row.accountID), of: endpointID)
            else { return nil }
            return (managed, account)
        }
        guard let (managed, account) = found, let body = managed.content?.body,
            let own = try? Certificate(issuing: body), own == certificate
        else { throw Problem(.malformed, "This endpoint has not issued the certificate.", status: 404) }
        // By whose role it is asked: whoever revokes, and with the certificate's own key its account.
        var revoking = account
        switch revoker {
        case .certificate(let key):
            guard certificate.publicKey.accountKey == key else {
                throw Problem(.unauthorized, "The request is signed by another key than the certificate's.")
            }
            try await nonces.use(signed.nonce)
        case .account(let asking):
            let names = Set(managed.names)
            let isOwn = asking.id == account.id
            let isHolder = isOwn ? true : try await holdsAuthorizations(asking, for: names)
            guard isHolder else {
                throw Problem(.unauthorized, "The account has no authorizations for all names of the certificate.")
            }
            revoking = asking
        }
        guard managed.status != .revoked else { throw Problem(.alreadyRevoked, "The certificate is revoked already.") }
        do throws(ServiceError) {
            try await RevocationByACME.perform(managed, reason, revoking, endpoint, environment)
        } catch {
            if error.code == "RequestAlreadyProcessedException" {
                throw Problem(.alreadyRevoked, "The certificate is revoked already.")
            }
            throw Problem(error)
        }
        return WireResponse(status: 200, headers: [], body: [])
    }

    /// Whether an account could have the certificate as well: RFC 8555, section 7.6.
    private func holdsAuthorizations(_ account: ACMEAccount, for names: Set<String>) async throws(Problem) -> Bool {
        let (endpointID, time) = (endpoint.id, now)
        let orders = try await read { (records) throws(ServiceError) in
            try records.list(
                ACMEOrder.self, by: ACMEOrder.byAccount, of: endpointID,
                RowIndexRange(RowPrefix(.text(account.id))), limit: 300)
        }
        let held = orders.filter { time < $0.expires }.flatMap(\.authorizations).filter { $0.status == .valid }
        return names.isSubset(of: held.map(\.name.text))
    }

    /// AWS's name for a reason of RFC 5280, section 5.3.1.
    private static func reason(_ value: JSONValue?) throws(Problem) -> String {
        switch value {
        case nil, .integer(0): return "UNSPECIFIED"
        case .integer(1): return "KEY_COMPROMISE"
        case .integer(3): return "AFFILIATION_CHANGED"
        case .integer(4): return "SUPERSEDED"
        case .integer(5): return "CESSATION_OF_OPERATION"
        case .integer(9): return "PRIVILEGE_WITHDRAWN"
        default: throw Problem(.badRevocationReason, "The reason must be 0, 1, 3, 4, 5 or 9.")
        }
    }
}
