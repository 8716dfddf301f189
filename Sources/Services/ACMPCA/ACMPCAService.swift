import ACMPCAAPI
import Ledger
public import Platform

extension Metric {
    fileprivate static let authorities = gauge(
        "gatehouse_private_certificate_authorities", "Private certificate authorities of all accounts and Regions."
    ) { environment in [(label: "", value: environment.projection(AuthorityIndex.self).count)] }
}

extension ServiceModule {
    /// AWS Private Certificate Authority.
    public static let privateCA = ServiceModule(
        ACMPCA.self, operations: authorityOperations + certificateOperations,
        records: [CertificateAuthority.self, AuthorityKey.self, PublishedList.self],
        tables: [IssuedCertificate.self, RememberedRequest.self, AuditReport.self], projections: [AuthorityIndex.self],
        resourceTypes: [.certificateAuthority], configuredResources: [.certificateAuthority],
        jobs: [PublishList.self, DeleteAuthority.self, WriteReport.self, ForgetRequest.self],
        quotas: [.certificateAuthorities], paths: [.revocationLists] + PublicPath.revocationAnswers,
        samples: pcaSamples, metrics: [.authorities])

    private static let authorityOperations: [any Platform.Operation.Type] = [
        ACMPCA.CreateCertificateAuthority.self, ACMPCA.DescribeCertificateAuthority.self,
        ACMPCA.ListCertificateAuthorities.self, ACMPCA.UpdateCertificateAuthority.self,
        ACMPCA.DeleteCertificateAuthority.self, ACMPCA.RestoreCertificateAuthority.self,
        ACMPCA.GetCertificateAuthorityCsr.self, ACMPCA.ImportCertificateAuthorityCertificate.self,
        ACMPCA.GetCertificateAuthorityCertificate.self, ACMPCA.CreatePermission.self, ACMPCA.DeletePermission.self,
        ACMPCA.ListPermissions.self, ACMPCA.PutPolicy.self, ACMPCA.GetPolicy.self, ACMPCA.DeletePolicy.self,
        ACMPCA.TagCertificateAuthority.self, ACMPCA.UntagCertificateAuthority.self, ACMPCA.ListTags.self,
    ]

    private static let certificateOperations: [any Platform.Operation.Type] = [
        ACMPCA.IssueCertificate.self, ACMPCA.GetCertificate.self, ACMPCA.RevokeCertificate.self,
        ACMPCA.CreateCertificateAuthorityAuditReport.self, ACMPCA.DescribeCertificateAuthorityAuditReport.self,
    ]
}
