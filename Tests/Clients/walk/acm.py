"""ACM: a private certificate, whose key can be exported, and another's certificate to import."""

from harness import Identity
from harness.authorities import Authority
from walk import Samples

UNKNOWN = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"


def furnish(root: Identity) -> None:
    authority = Authority.root(root)
    acm = root.client("acm")
    arn = acm.request_certificate(DomainName="www.example.com", CertificateAuthorityArn=authority.arn)["CertificateArn"]
    SAMPLES.values.update({"CertificateArn": arn, "RequestCertificate.CertificateAuthorityArn": authority.arn})


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(CertificateArn=UNKNOWN, DomainName="www.example.com", Certificate=b"x", PrivateKey=b"x", Passphrase=b"secret")
SAMPLES.members(Domain="www.example.com", ValidationDomain="example.com", RevocationReason="UNSPECIFIED")
SAMPLES.of("RequestCertificate", CertificateAuthorityArn=UNKNOWN.replace("acm:", "acm-pca:").replace("certificate/", "certificate-authority/"))
