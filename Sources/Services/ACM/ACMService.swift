import CertificateManagerAPI
import Ledger
public import Platform
import Wire

extension ServiceModule {
    /// AWS Certificate Manager.
    public static let certificateManager = ServiceModule(
        CertificateManager.self, operations: certificateOperations + acmeOperations,
        records: [ManagedCertificate.self, CertificateKey.self, ExpiryEvents.self, ValidationSecret.self]
            + publicRecords + acmeRecords,
        tables: [
            RequestToken.self, Approval.self, PublicCertificate.self, ACMEAccount.self, ACMEOrder.self,
            ACMECertificate.self, UsedNonce.self,
        ],
        projections: [CertificateIndex.self, ACMEIndex.self, DomainLooks.self],
        resourceTypes: [.certificate, .acmeEndpoint], configuredResources: [.certificate],
        auditedResources: [
            .quotaUse("ACM") { (scope, state) throws(ServiceError) in
                [QuotaUse("Certificates", .certificates, try state.count(ManagedCertificate.self, in: scope))]
            }
        ],
        jobs: [
            ValidateDomains.self, RenewManagedCertificate.self, TellOfExpiry.self, PublishPublicList.self,
            ForgetToken.self, ForgetApproval.self, ForgetNonces.self, ForgetACMEEndpoint.self, ValidateChallenge.self,
            IssueACMECertificate.self, ForgetACMEOrder.self, ValidateACMEDomain.self,
            MigrateValidation.self, KeepDaysToExpiry.self, TellDaysToExpiry.self,
        ], begin: { (environment) throws(ServiceError) in try await environment.lookAtPendingCertificates() },
        quotas: [
            .certificates, .namesPerCertificate, .acmeEndpoints, .acmeBindings, .acmeAccounts, .acmeValidations,
        ],
        paths: PublicPath.publicAuthorities + PublicPath.approvals + PublicPath.acme, samples: certificateSamples,
        metrics: [.daysToExpiry])

    /// Those of the authorities of public certificates.
    private static let publicRecords: [any Record.Type] = [
        PublicAuthority.self, PublicAuthorityKey.self, PublicHierarchy.self, PublicRevocationList.self,
    ]

    private static let acmeRecords: [any Record.Type] = [
        ACMEEndpoint.self, ACMEBinding.self, ACMEBindingKey.self, ACMEDomainValidation.self,
    ]

    private static let certificateOperations: [any Platform.Operation.Type] = [
        CertificateManager.ImportCertificate.self, CertificateManager.RequestCertificate.self,
        CertificateManager.DescribeCertificate.self, CertificateManager.GetCertificate.self,
        CertificateManager.ListCertificates.self, CertificateManager.DeleteCertificate.self,
        CertificateManager.ExportCertificate.self, CertificateManager.RenewCertificate.self,
        CertificateManager.AddTagsToCertificate.self, CertificateManager.RemoveTagsFromCertificate.self,
        CertificateManager.ListTagsForCertificate.self, CertificateManager.GetAccountConfiguration.self,
        CertificateManager.PutAccountConfiguration.self, CertificateManager.ResendValidationEmail.self,
        CertificateManager.RevokeCertificate.self, CertificateManager.UpdateCertificateOptions.self,
        CertificateManager.SearchCertificates.self, CertificateManager.ListCertificateDomainValidations.self,
    ]

    private static let acmeOperations: [any Platform.Operation.Type] = [
        CertificateManager.CreateAcmeEndpoint.self, CertificateManager.DescribeAcmeEndpoint.self,
        CertificateManager.ListAcmeEndpoints.self, CertificateManager.UpdateAcmeEndpoint.self,
        CertificateManager.DeleteAcmeEndpoint.self, CertificateManager.CreateAcmeExternalAccountBinding.self,
        CertificateManager.DescribeAcmeExternalAccountBinding.self,
        CertificateManager.GetAcmeExternalAccountBindingCredentials.self,
        CertificateManager.ListAcmeExternalAccountBindings.self,
        CertificateManager.RevokeAcmeExternalAccountBinding.self,
        CertificateManager.DeleteAcmeExternalAccountBinding.self, CertificateManager.DescribeAcmeAccount.self,
        CertificateManager.ListAcmeAccounts.self, CertificateManager.RevokeAcmeAccount.self,
        CertificateManager.CreateAcmeDomainValidation.self, CertificateManager.DescribeAcmeDomainValidation.self,
        CertificateManager.ListAcmeDomainValidations.self, CertificateManager.UpdateAcmeDomainValidation.self,
        CertificateManager.DeleteAcmeDomainValidation.self, CertificateManager.TagResource.self,
        CertificateManager.UntagResource.self,
        CertificateManager.ListTagsForResource.self,
    ]
}

private let acmeSample = "arn:aws:acm:us-east-1:\(Samples.account):acme-endpoint/00000000-0000-0000-0000-000000000001"

/// Made-up inputs, with which OPERATIONS.md is generated.
private let certificateSamples = Samples(
    texts: [
        "CertificateArn": "arn:aws:acm:us-east-1:\(Samples.account):certificate/00000000-0000-0000-0000-000000000001",
        "DomainName": "www.example.com",
        "AcmeEndpointArn": acmeSample, "ResourceArn": acmeSample,
        "AcmeExternalAccountBindingArn":
            "\(acmeSample)/acme-external-account-binding/00000000-0000-0000-0000-000000000002",
        "AcmeDomainValidationArn": "\(acmeSample)/acme-domain-validation/00000000-0000-0000-0000-000000000003",
        "RoleArn": "arn:aws:iam::\(Samples.account):role/issuance",
        "CertificateAuthorityArn":
            "arn:aws:acm-pca:us-east-1:\(Samples.account):certificate-authority/00000000-0000-0000-0000-000000000001",
    ])
