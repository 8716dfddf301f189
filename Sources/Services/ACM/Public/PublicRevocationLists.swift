import CertificateIssuing
import FoundationEssentials
import Ledger
import Platform
import Wire

extension MutableRecords {
    /// Has an authority's list made anew. The records are those of ``PublicAuthority/scope``.
    /// - Parameter time: when, in seconds since 1970.
    func publishPublicList(of id: String, at time: Double) throws(ServiceError) {
        try schedule(PublishPublicList(authorityID: id), id: id, at: time)
    }

    /// Revokes a public certificate; one that is revoked already stays as it is. The records may be those of any account.
    func revokePublic(
        _ serial: String, of authorityID: String, for reason: RevocationReason, at time: Double
    ) throws(ServiceError) {
        let own = of(PublicAuthority.scope)
        guard var row = try own.get(PublicCertificate.self, PublicCertificate.key(serial), of: authorityID),
            row.revoked == nil
        else { return }
        row.revoked = PublicCertificate.Revoked(time: time, reason: reason)
        try own.put(row)
        try own.publishPublicList(of: authorityID, at: time)
    }
}

/// Signs an authority's list of revoked certificates. Then it waits for half the time that the list is good for; a certificate that
/// is revoked does not wait for that.
struct PublishPublicList: Job {
    static let kind = "ACM::PublishPublicList"
    /// Seconds for which a list is good.
    private static let lifetime = 7 * 86_400.0

    let authorityID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, job) = (context.environment, authorityID, self)
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.publicIssuer(id)
        }
        let now = environment.now()
        guard let issuer = found, issuer.authority.notAfter > now else { return }
        let revoked = try await environment.publicRevocations(of: id, at: now)
        let last = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(PublicRevocationList.self, id)?.number ?? 0
        }
        let der: [UInt8]
        do {
            der = try issuer.revocations().list(
                revoked, number: last + 1, thisUpdate: now, nextUpdate: now + Self.lifetime)
        } catch {
            throw .internalFailure
        }
        try await context.finish { (records) throws(ServiceError) in
            try records.put(PublicRevocationList(id: id, number: last + 1, der: Data(der)))
            try records.schedule(job, id: id, at: now + Self.lifetime / 2)
        }
    }
}

extension Environment {
    /// The certificates of an authority that are revoked, but for those that have expired.
    fileprivate func publicRevocations(of id: String, at time: Double) async throws(ServiceError) -> [Revocation] {
        var all: [Revocation] = []
        var place: (value: RowKey, key: RowKey)?
        while true {
            let after = place
            let part = try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
                try records.list(
                    PublicCertificate.self, by: PublicCertificate.byRevocation, of: id, RowIndexRange(after: after),
                    limit: 256)
            }
            all += part.filter { $0.notAfter >= time }.compactMap(\.revocation)
            guard part.count == 256, let last = part.last else { return all }
            place = (PublicCertificate.inIndex, last.key)
        }
    }
}
