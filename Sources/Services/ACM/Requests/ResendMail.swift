import CertificateManagerAPI
import Ledger
import Platform
import Wire

extension CertificateManager.ResendValidationEmail: WriteOperation, OnCertificate {
    // AWS's numbers are not known here.
    /// In seconds.
    private static let span = 3600.0
    /// How often mail about a name is sent anew within the span.
    private static let mostInSpan = 5

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var certificate = try records.certificate(input.certificateArn, call)
        let (name, domain) = (input.domain.lowercased(), input.validationDomain.lowercased())
        let isRenewal = certificate.renewal?.status == .pendingValidation
        var validations = (isRenewal ? certificate.renewal?.validations : certificate.validations) ?? []
        guard let index = validations.firstIndex(where: { $0.domainName == name }),
            DomainValidation.isDomain(domain, of: name)
        else {
            throw .acm(
                .invalidDomainValidationOptionsException,
                "The validation domain \(domain) is not one of the domain \(name) of the certificate.")
        }
        guard isRenewal || certificate.status == .pendingValidation, validations[index].method == .email,
            validations[index].status == .pending
        else {
            throw .acm(.invalidStateException, "The domain \(name) is not waiting for a validation by mail.")
        }
        // Whoever has the mailbox need not be who asks, and is not to be flooded.
        let sent = (validations[index].resent ?? []).filter { $0 > call.time - span }
        guard sent.count < mostInSpan else {
            throw ServiceError("ThrottlingException", "Rate exceeded", status: 400)
        }
        validations[index].resent = sent + [call.time]
        validations[index].validationDomain = domain
        if isRenewal { certificate.renewal?.validations = validations } else { certificate.validations = validations }
        try records.sendApprovalMail(
            validations[index], of: certificate, isRenewal: isRenewal, call.requestID,
            call.environment.publicAddress.url, at: call.time)
        try records.put(certificate)
        return Output()
    }
}
