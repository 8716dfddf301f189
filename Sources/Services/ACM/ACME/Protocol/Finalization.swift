import ACME
import CertificateIssuing
import Crypto
import CryptoExtras
import FoundationEssentials
import Ledger
import Platform
import Wire
import X509

// Finalizing orders: RFC 8555, section 7.4.

extension ACMEExchange {
    /// Takes the request for the certificate, and has it issued.
    func finalize(
        _ id: String, _ signed: SignedRequest, _ account: ACMEAccount, _ key: AccountKey
    ) async throws(Problem) -> WireResponse {
        let payload = try signed.object()
        guard let der = payload["csr"]?.text.flatMap({ Base64URL.decode($0) }) else {
            throw Problem(.badCSR, "The csr is not in base64url.")
        }
        let asked = try HostRequest(der)
        guard endpoint.keyAlgorithms.contains(asked.keyAlgorithm) else {
            throw Problem(
                .badCSR, "The key must be one of \(endpoint.keyAlgorithms.joined(separator: ", ")) at this endpoint.")
        }
        guard asked.key != key else { throw Problem(.badCSR, "The certificate's key must not be the account's.") }
        let (endpointID, time) = (endpoint.id, now)
        let order = try await write { (records) throws(ServiceError) -> Result<ACMEOrder, Problem> in
            guard var order = try records.get(ACMEOrder.self, ACMEOrder.key(id), of: endpointID),
                order.accountID == account.id
            else { return .failure(Problem(.malformed, "The account has no such order.", status: 404)) }
            // Whoever asks twice, since the first answer was lost, gets it again.
            if order.request == Data(der), order.state == .processing || order.state == .valid {
                return .success(order)
            }
            guard order.status(at: time) == .ready else {
                return .failure(Problem(.orderNotReady, "The order is \(order.status(at: time).rawValue), not ready."))
            }
            guard asked.names == Set(order.names.map(\.text)) else {
                return .failure(Problem(.badCSR, "The csr is not for the same names as the order."))
            }
            order.state = .processing
            order.request = Data(der)
            try records.put(order)
            try records.schedule(IssueACMECertificate(endpointID: endpointID, orderID: id), id: id, at: time)
            return .success(order)
        }
        return respond(order, status: 200)
    }
}

/// A request for the certificate of hosts, as clients make it.
struct HostRequest: Sendable {
    let request: CertificateSigningRequest
    /// In lower case.
    let names: Set<String>
    let key: AccountKey
    /// AWS's name, with underscores.
    let keyAlgorithm: String

    /// - Throws: `badCSR`.
    init(_ der: [UInt8]) throws(Problem) {
        do throws(IssuingError) { request = try CertificateSigningRequest(provingDER: der) } catch {
            throw Problem(.badCSR, "The csr can't be read, or its signature is not valid.")
        }
        guard let hosts = request.hosts else {
            throw Problem(.badCSR, "The csr asks for something else than DNS names.")
        }
        names = Set(hosts.map { $0.lowercased() })
        guard let key = request.publicKey.accountKey, let name = request.publicKey.keyName else {
            throw Problem(.badCSR, "The csr's key is of no kind that is supported.")
        }
        (self.key, keyAlgorithm) = (key, name)
    }
}

extension Certificate.PublicKey {
    /// The key as ACME's requests are signed with it; nil for a kind that they are not signed with.
    var accountKey: AccountKey? {
        if let key = P256.Signing.PublicKey(self) { return AccountKey(point: Array(key.x963Representation)) }
        if let key = P384.Signing.PublicKey(self) { return AccountKey(point: Array(key.x963Representation)) }
        if let key = P521.Signing.PublicKey(self) { return AccountKey(point: Array(key.x963Representation)) }
        return _RSA.Signing.PublicKey(self).flatMap { AccountKey(rsa: Array($0.derRepresentation)) }
    }
}
