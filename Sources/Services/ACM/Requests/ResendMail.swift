import CertificateManagerAPI
import Ledger
import Platform
import Wire

extension CertificateManager.ResendValidationEmail: WriteOperation, OnCertificate {
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
        validations[index].validationDomain = domain
        if isRenewal { certificate.renewal?.validations = validations } else { certificate.validations = validations }
        try records.sendApprovalMail(
            validations[index], of: certificate, isRenewal: isRenewal, call.requestID,
            call.environment.publicAddress.url, at: call.time)
        try records.put(certificate)
        return Output()
    }
}
