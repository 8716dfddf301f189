import ACMPCAAPI
import CertificateIssuing
import FoundationEssentials
import Ledger
import Platform
import Wire
import X509

// The certificate of an authority itself: how it is asked for, and how it comes in.
// <https://docs.aws.amazon.com/privateca/latest/userguide/PCACertInstall.html>

extension ACMPCA.GetCertificateAuthorityCsr: AuthorityRead {
    static func answer(
        _ authority: CertificateAuthority, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        guard authority.state != .deleted else {
            throw .wrongState(authority.arn, to: "have a certificate signing request")
        }
        return Output(csr: authority.request)
    }
}

extension ACMPCA.GetCertificateAuthorityCertificate: AuthorityRead {
    static func answer(
        _ authority: CertificateAuthority, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        guard authority.state != .deleted, let own = authority.certificate else {
            throw .wrongState(authority.arn, to: "have a certificate signing request")
        }
        return Output(certificate: try own.pem(), certificateChain: own.chain)
    }
}

extension CertificateAuthority.OwnCertificate {
    /// - Throws: InternalFailure.
    func parsed() throws(ServiceError) -> Certificate {
        do { return try Certificate(der: Array(der)) } catch { throw .internalFailure }
    }

    /// - Throws: InternalFailure.
    func pem() throws(ServiceError) -> String {
        do { return try parsed().pem() } catch { throw .internalFailure }
    }

    /// It, and those above it.
    /// - Throws: InternalFailure.
    func path() throws(ServiceError) -> [Certificate] {
        do { return try [parsed()] + Certificate.chain(chain ?? "") } catch { throw .internalFailure }
    }
}

extension ACMPCA.ImportCertificateAuthorityCertificate: PreparedWriteOperation, OnAuthority {
    /// The certificate, once it is known to fit.
    public struct Preparation: Sendable {
        let certificate: CertificateAuthority.OwnCertificate
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let name = try AuthorityName(input.certificateAuthorityArn)
        let authority = try await call.read { (records) throws(ServiceError) in
            try records.authority(name, call).authority
        }
        guard authority.state != .deleted else { throw .wrongState(authority.arn, to: "import a certificate") }
        let certificate: Certificate
        let chain: [Certificate]
        let own: CertificateSigningRequest
        do {
            certificate = try Certificate(issuing: String(decoding: input.certificate.bytes, as: UTF8.self))
            chain = try Certificate.chain(String(decoding: input.certificateChain?.bytes ?? [], as: UTF8.self))
            own = try CertificateSigningRequest(proving: authority.request)
        } catch {
            throw .unwritable(error, in: "The certificate")
        }
        guard certificate.publicKey == own.publicKey, certificate.subject == own.subject else { throw .mismatch }
        guard certificate.isOfAuthority else {
            throw .pca(
                .malformedCertificateException, "The certificate is not a certificate authority certificate.")
        }
        let path = [certificate] + chain
        guard path.allSatisfy(\.hasKnownNameConstraints) else {
            throw .pca(
                .malformedCertificateException,
                "Name constraints can be of directory names, DNS names, e-mail addresses, IP addresses and URIs only.")
        }
        switch authority.type {
        case .root:
            guard chain.isEmpty else {
                throw .pca(
                    .invalidRequestException,
                    "You cannot import a certificate chain for a root certificate authority.")
            }
            guard certificate.isVouchedFor(by: [certificate], at: call.time) else { throw .mismatch }
        case .subordinate:
            guard !chain.isEmpty else {
                throw .pca(
                    .invalidRequestException,
                    "A certificate chain is required for a subordinate certificate authority.")
            }
            guard !certificate.isSelfSigned, !chain.contains(certificate),
                certificate.isVouchedFor(by: chain, at: call.time)
            else { throw .mismatch }
        }
        let pathLength = Certificate.pathLength(below: path)
        guard pathLength ?? 0 >= 0 else { throw .mismatch }
        do {
            return Preparation(
                certificate: CertificateAuthority.OwnCertificate(
                    der: Data(try certificate.der()),
                    chain: chain.isEmpty
                        ? nil
                        : try chain.map { (one) throws(IssuingError) in try one.pem() }.joined(
                            separator: "\n"),
                    serial: SerialNumber.text(certificate.serialNumber.bytes),
                    notBefore: certificate.notValidBefore.timeIntervalSince1970,
                    notAfter: certificate.notValidAfter.timeIntervalSince1970, pathLength: pathLength))
        } catch {
            throw .internalFailure
        }
    }

    public static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (authority, own) = try records.authority(try AuthorityName(input.certificateAuthorityArn), call)
        guard authority.state != .deleted else { throw .wrongState(authority.arn, to: "import a certificate") }
        if authority.state == .pendingCertificate || authority.isExpired(at: call.time) {
            authority.stateChanged = call.time
            if authority.state == .pendingCertificate { authority.state = .active }
        }
        authority.certificate = made.certificate
        try own.put(authority)
        try own.publishList(of: authority, at: call.time)
        return Output()
    }
}

extension ServiceError {
    /// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_ImportCertificateAuthorityCertificate.html>
    fileprivate static var mismatch: ServiceError {
        .pca(
            .certificateMismatchException,
            "The certificate authority certificate you are importing does not comply with conditions specified in the "
                + "certificate that signed it.")
    }
}
