import CertificateManagerAPI
import Ledger
public import Platform

extension ServiceModule {
    /// AWS Certificate Manager.
    public static let certificateManager = ServiceModule(
        CertificateManager.self, operations: certificateOperations,
        records: [ManagedCertificate.self, CertificateKey.self, ExpiryEvents.self], tables: [RequestToken.self],
        projections: [CertificateIndex.self], resourceTypes: [.certificate],
        jobs: [RenewPrivateCertificate.self, ForgetToken.self], quotas: [.certificates, .namesPerCertificate],
        samples: certificateSamples)

    private static let certificateOperations: [any Platform.Operation.Type] = [
        CertificateManager.ImportCertificate.self, CertificateManager.RequestCertificate.self,
        CertificateManager.DescribeCertificate.self, CertificateManager.GetCertificate.self,
        CertificateManager.ListCertificates.self, CertificateManager.DeleteCertificate.self,
        CertificateManager.ExportCertificate.self, CertificateManager.RenewCertificate.self,
        CertificateManager.AddTagsToCertificate.self, CertificateManager.RemoveTagsFromCertificate.self,
        CertificateManager.ListTagsForCertificate.self, CertificateManager.GetAccountConfiguration.self,
        CertificateManager.PutAccountConfiguration.self,
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
