import CertificateIssuing
import FoundationEssentials
import Ledger
import Platform
import Wire

// The lists of revoked certificates: where they lie, and when they are made anew.
// <https://docs.aws.amazon.com/privateca/latest/userguide/crl-planning.html>

extension CertificateAuthority {
    /// Where the list is: below the name that stands for it, or else below Gatehouse's own address. Nobody would find it
    /// where AWS's certificates say, in `http://BUCKET.s3.REGION.amazonaws.com`.
    /// - Returns: nil where certificates are not to say it.
    func distributionPoint(_ environment: Environment) -> String? {
        guard let list = revocation.list, !list.isOmitted else { return nil }
        guard let name = list.name else { return environment.publicAddress.url + RevocationPath.list(id) }
        return "http://\(name)/\(list.path ?? "crl")/\(id).crl"
    }

    /// The list's key in its bucket.
    func objectKey(of list: RevocationSettings.List) -> String { "\(list.path ?? "crl")/\(id).crl" }
}

extension MutableRecords {
    /// Has an authority's list made anew, if it keeps one.
    /// - Parameter time: when, in seconds since 1970.
    func publishList(of authority: CertificateAuthority, at time: Double) throws(ServiceError) {
        guard authority.revocation.list != nil, authority.certificate != nil, authority.state != .deleted else {
            return
        }
        try schedule(PublishList(authorityID: authority.id), id: authority.id, at: time)
    }
}

/// Signs an authority's list of revoked certificates, and puts it into its bucket. Then it waits for half the time that the
/// list is good for; a certificate that is revoked does not wait for that.
struct PublishList: Job {
    static let kind = "ACMPCA::PublishList"
    /// Seconds until what did not get into the bucket is tried again.
    /// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_CrlConfiguration.html>
    private static let pause = 900.0

    let authorityID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, job) = (context.environment, authorityID, self)
        let found = try await environment.read(context.scope) {
            (records) throws(ServiceError) -> (CertificateAuthority, AuthorityKey, PublishedList?)? in
            guard let authority = try records.get(CertificateAuthority.self, id), authority.state != .deleted,
                let key = try records.get(AuthorityKey.self, id)
            else { return nil }
            return (authority, key, try records.get(PublishedList.self, id))
        }
        guard let (authority, key, last) = found, let list = authority.revocation.list,
            let signer = authority.revocationAuthority(try await environment.secret(of: key))
        else { return }
        let now = environment.now()
        // What has expired since the last list is on one more: RFC 5280, section 3.3.
        let revoked = try await environment.revocations(of: authority, since: min(last?.thisUpdate ?? now, now))
        let nextUpdate = now + Double(list.expiration) * 86_400
        let number = (last?.number ?? 0) + 1
        let der: [UInt8]
        do {
            der = try signer.list(revoked, number: number, thisUpdate: now, nextUpdate: nextUpdate)
        } catch {
            throw .internalFailure
        }
        var isDelivered = true
        do throws(ServiceError) {
            try await environment.crlBucket(list, authority).put(der, at: authority.objectKey(of: list))
        } catch {
            // It is there by HTTP all the same.
            isDelivered = false
        }
        let next = isDelivered ? now + Double(list.expiration) * 43_200 : now + Self.pause
        try await context.finish { (records) throws(ServiceError) in
            guard let authority = try records.get(CertificateAuthority.self, id) else { return }
            try records.put(
                PublishedList(id: id, number: number, der: Data(der), thisUpdate: now, nextUpdate: nextUpdate))
            try records.record(authority.event("GenerateCRL", at: now))
            try records.schedule(job, id: id, at: next)
        }
    }
}

extension CertificateAuthority {
    /// Something that the authority did by itself.
    /// <https://docs.aws.amazon.com/privateca/latest/userguide/CT-GenerateCRL.html>
    /// - Parameter certificate: what it was about; nil: the authority.
    func event(_ name: String, certificate: String? = nil, at time: Double) -> Event {
        let resource =
            certificate.map { EventParticulars.Resource(arn(ofCertificate: $0), "AWS::ACMPCA::Certificate") }
            ?? EventParticulars.Resource(arn, "AWS::ACMPCA::CertificateAuthority")
        return ServiceEvent(
            name, source: CRLBucket.service, account: accountID, region: region, time: time, resource: resource
        ).event
    }

    /// The authority with its key, to tell what is revoked; nil before it has a certificate.
    /// - Parameter secret: PKCS #8 in DER.
    func revocationAuthority(_ secret: [UInt8]) -> RevocationAuthority? {
        certificate.map {
            RevocationAuthority(certificate: Array($0.der), key: secret, hash: signingAlgorithm.hash)
        }
    }
}

extension Environment {
    /// The certificates of an authority that are revoked, but for those that had expired at a time.
    fileprivate func revocations(
        of authority: CertificateAuthority, since time: Double
    ) async throws(ServiceError) -> [Revocation] {
        var all: [Revocation] = []
        var place: (value: RowKey, key: RowKey)?
        while true {
            let after = place
            let part = try await read(authority.scope) { (records) throws(ServiceError) in
                try records.list(
                    IssuedCertificate.self, by: IssuedCertificate.byRevocation, of: authority.id,
                    RowIndexRange(after: after), limit: 256)
            }
            all += part.filter { $0.notAfter >= time }.compactMap(\.revocation)
            guard part.count == 256, let last = part.last else { return all }
            place = (IssuedCertificate.inIndex, last.key)
        }
    }
}
