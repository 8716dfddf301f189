"""ACM: a private certificate, whose key can be exported, public ones, another's certificate to import, and an ACME endpoint."""

from typing import Any

from harness import Identity
from harness.acme import Endpoint
from harness.acme_client import AcmeClient
from harness.authorities import Authority
from walk import Samples

UNKNOWN = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"


def furnish(root: Identity) -> None:
    authority = Authority.root(root)
    acm = root.client("acm")
    arn = acm.request_certificate(DomainName="www.example.com", CertificateAuthorityArn=authority.arn)["CertificateArn"]
    SAMPLES.values.update({"CertificateArn": arn, "RequestCertificate.CertificateAuthorityArn": authority.arn})
    public(acm)
    endpoint = Endpoint.create(root)
    binding = endpoint.bind()
    validation = acm.create_acme_domain_validation(
        AcmeEndpointArn=endpoint.arn, DomainName="www.example.com", PrevalidationOptions={"DnsPrevalidation": {}}
    )["AcmeDomainValidationArn"]
    client = AcmeClient.registered(endpoint, binding)
    SAMPLES.values.update(
        {
            "AcmeEndpointArn": endpoint.arn, "RoleArn": endpoint.role, "AcmeExternalAccountBindingArn": binding.arn,
            "AcmeDomainValidationArn": validation, "AccountUrl": client.account, "ResourceArn": endpoint.arn,
        }
    )  # fmt: skip


def public(acm: Any) -> None:
    """A public certificate whose key somebody has, and one that waits for an approval by mail."""
    owned = acm.request_certificate(DomainName="www.example.com", ValidationMethod="DNS", Options={"Export": "ENABLED"})["CertificateArn"]
    acm.get_waiter("certificate_validated").wait(CertificateArn=owned, WaiterConfig={"Delay": 1})
    acm.export_certificate(CertificateArn=owned, Passphrase=b"secret")
    mailed = acm.request_certificate(DomainName="www.example.com", ValidationMethod="EMAIL")["CertificateArn"]
    SAMPLES.values.update({f"{operation}.CertificateArn": owned for operation in ("UpdateCertificateOptions", "RevokeCertificate")})
    SAMPLES.values.update({f"{operation}.CertificateArn": mailed for operation in ("ResendValidationEmail", "ListCertificateDomainValidations")})


ENDPOINT = UNKNOWN.replace("certificate/", "acme-endpoint/")
SAMPLES = Samples(furnish=furnish)
SAMPLES.members(CertificateArn=UNKNOWN, DomainName="www.example.com", Certificate=b"x", PrivateKey=b"x", Passphrase=b"secret")
SAMPLES.members(Domain="www.example.com", ValidationDomain="example.com", RevocationReason="UNSPECIFIED")
SAMPLES.members(AcmeEndpointArn=ENDPOINT, RoleArn="arn:aws:iam::111122223333:role/none", ResourceArn=ENDPOINT, AccountUrl="https://example.com")
SAMPLES.members(AcmeExternalAccountBindingArn=f"{ENDPOINT}/acme-external-account-binding/none")
SAMPLES.members(AcmeDomainValidationArn=f"{ENDPOINT}/acme-domain-validation/none", CertificateAuthority={"PublicCertificateAuthority": {}})
SAMPLES.of("CreateAcmeDomainValidation", DomainName="new.example.com", PrevalidationOptions={"DnsPrevalidation": {}})
SAMPLES.of("RequestCertificate", CertificateAuthorityArn=UNKNOWN.replace("acm:", "acm-pca:").replace("certificate/", "certificate-authority/"))
