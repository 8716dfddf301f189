import CertificateIssuing
import Ledger
public import Platform
public import Wire
import X509

/// The certificate of an ARN as a server shows it: one that was issued, whoever issued it, and that has not ended.
///
/// After a renewal the same ARN has another certificate and another key, so whoever serves one asks again now and then.
/// It is meant for Gatehouse's own servers, which the operator tells what they show: no permission is asked for.
/// - Returns: nil where there is none, or its status is not ISSUED.
/// - Throws: InvalidArnException for a text that is no certificate's ARN, InternalFailure.
public func servableCertificate(
    _ arn: String, _ environment: Environment
) async throws(ServiceError) -> ServableCertificate? {
    let name = try CertificateName(arn)
    let scope = Scope(account: name.account, region: name.region)
    let found = try await environment.read(scope) {
        (records) throws(ServiceError) -> (ManagedCertificate, CertificateKey)? in
        guard let certificate = try records.get(ManagedCertificate.self, name.id),
            let key = try records.get(CertificateKey.self, name.id)
        else { return nil }
        return (certificate, key)
    }
    guard let (certificate, key) = found, let content = certificate.content,
        certificate.status(at: environment.now()) == ManagedCertificate.Status.issued.rawValue
    else { return nil }
    let chain = [content.body] + (content.chain.map { [$0] } ?? [])
    return ServableCertificate(
        arn: arn, chain: chain.joined(separator: "\n") + "\n", key: PlainKey.pem(Array(key.secret)) + "\n")
}

/// The same, for somebody who takes it away: from then on it counts as exported, and is renewed.
/// - Returns: nil where there is none, or its status is not ISSUED.
/// - Throws: InvalidArnException, InternalFailure.
public func exportedCertificate(
    _ arn: String, _ environment: Environment
) async throws(ServiceError) -> ServableCertificate? {
    guard let certificate = try await servableCertificate(arn, environment) else { return nil }
    let name = try CertificateName(arn)
    let scope = Scope(account: name.account, region: name.region)
    try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
        guard var kept = try records.get(ManagedCertificate.self, name.id), !kept.isExported, kept.type != .imported
        else { return }
        kept.isExported = true
        try records.put(kept)
        try records.scheduleRenewal(of: kept)
    }
    return certificate
}
