import CertificateManagerAPI
import Ledger
public import Platform

extension ServiceModule {
    /// AWS Certificate Manager.
    public static let certificateManager = ServiceModule(
        CertificateManager.self, operations: certificateOperations + acmeOperations,
        records: [
            ManagedCertificate.self, CertificateKey.self, ExpiryEvents.self, ACMEEndpoint.self, ACMEBinding.self,
            ACMEBindingKey.self, ACMEDomainValidation.self,
        ],
        tables: [
            RequestToken.self, ACMEAccount.self, ACMEOrder.self, ACMECertificate.self, UsedNonce.self,
        ],
        projections: [CertificateIndex.self, ACMEIndex.self], resourceTypes: [.certificate, .acmeEndpoint],
        jobs: [
            RenewPrivateCertificate.self, ForgetToken.self, ForgetNonces.self, ForgetACMEEndpoint.self,
            ValidateChallenge.self, IssueACMECertificate.self,
            ForgetACMEOrder.self,
        ],
        quotas: [.certificates, .namesPerCertificate, .acmeEndpoints, .acmeBindings, .acmeValidations],
        paths: PublicPath.acme, samples: certificateSamples)

    private static let certificateOperations: [any Platform.Operation.Type] = [
        CertificateManager.ImportCertificate.self, CertificateManager.RequestCertificate.self,
        CertificateManager.DescribeCertificate.self, CertificateManager.GetCertificate.self,
        CertificateManager.ListCertificates.self, CertificateManager.DeleteCertificate.self,
        CertificateManager.ExportCertificate.self, CertificateManager.RenewCertificate.self,
        CertificateManager.AddTagsToCertificate.self, CertificateManager.RemoveTagsFromCertificate.self,
        CertificateManager.ListTagsForCertificate.self, CertificateManager.GetAccountConfiguration.self,
        CertificateManager.PutAccountConfiguration.self,
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
        CertificateManager.TagResource.self, CertificateManager.UntagResource.self,
        CertificateManager.ListTagsForResource.self,
    ]
}

/// Made-up inputs, with which OPERATIONS.md is generated.
private let certificateSamples = Samples(
    texts: [
        "CertificateArn": "arn:aws:acm:us-east-1:\(Samples.account):certificate/00000000-0000-0000-0000-000000000001",
        "DomainName": "www.example.com",
        "CertificateAuthorityArn":
            "arn:aws:acm-pca:us-east-1:\(Samples.account):certificate-authority/00000000-0000-0000-0000-000000000001",
    ])
