import CertificateManagerAPI
import Ledger
import Platform
import Wire

/// How each name of a certificate is shown, and is to be shown where it goes over to DNS. Certificates that are not public have none.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificateDomainValidations.html>
extension CertificateManager.ListCertificateDomainValidations: ReadOperation, OnCertificate {
    /// Where the caller says nothing.
    private static let usualLimit = 1000

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let certificate = try records.certificate(input.certificateArn, call)
        var paging = try Paging(acm: input)
        if input.maxItems == nil { paging.limit = usualLimit }
        let isRenewing = certificate.renewal?.status == .pendingValidation
        let active = (isRenewing ? certificate.renewal?.validations : nil) ?? certificate.validations ?? []
        let requested = certificate.migration.flatMap { $0.status == .pending ? $0.validations : nil } ?? []
        let page = Platform.page(active, by: \.domainName, paging)
        return Output(
            page.map { one in
                CertificateManager.DomainValidationSummary {
                    $0.domainName = one.domainName
                    $0.activeValidationConfiguration = CertificateManager.ValidationConfiguration(one)
                    $0.requestedValidationConfiguration =
                        requested.first { $0.domainName == one.domainName }
                        .map { CertificateManager.ValidationConfiguration($0) }
                }
            })
    }
}

extension CertificateManager.ValidationConfiguration {
    fileprivate init(_ validation: DomainValidation) {
        self.init()
        validationMethod = validation.method.rawValue
        validationStatus = validation.status.rawValue
        switch validation.method {
        case .email:
            validationChallenge = CertificateManager.ValidationChallenge {
                $0.emailValidationChallenge = CertificateManager.EmailValidationChallenge {
                    $0.validationEmails = validation.recipients
                    $0.validationDomain = validation.validationDomain
                }
            }
        case .dns:
            // An ACME endpoint's certificate was shown by the endpoint's own records.
            validationChallenge = validation.record.map { record in
                CertificateManager.ValidationChallenge {
                    $0.dnsValidationChallenge = CertificateManager.DnsValidationChallenge {
                        $0.resourceRecord = CertificateManager.ResourceRecord(record)
                    }
                }
            }
        }
    }
}
