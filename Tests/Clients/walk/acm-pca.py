"""Private CA: a root that is active, with a certificate and a report. What they are called is known when they are there."""

from harness import Identity
from harness.authorities import Authority, new_request
from walk import Samples

REQUEST = new_request()
UNKNOWN = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/00000000-0000-0000-0000-000000000000"


def furnish(root: Identity) -> None:
    authority = Authority.root(root)
    arn = authority.issue(REQUEST)
    SAMPLES.values.update(CertificateAuthorityArn=authority.arn, ResourceArn=authority.arn, CertificateArn=arn)


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(
    CertificateAuthorityArn=UNKNOWN, ResourceArn=UNKNOWN, CertificateArn=UNKNOWN + "/certificate/" + "0" * 32,
    Csr=REQUEST.encode(), SigningAlgorithm="SHA256WITHECDSA", KeyAlgorithm="EC_prime256v1", S3BucketName="not-there",
    AuditReportId="00000000-0000-0000-0000-000000000000", CertificateSerial="00", Principal="acm.amazonaws.com",
    Type="DAYS", Value=1, Policy="{}", Certificate=b"x",
)  # fmt: skip
