"""Certificates of private and of public authorities before judges that know nothing of each other: a linter (pkilint), and three
that build chains (OpenSSL, GnuTLS, Python's cryptography). What is revoked fails by list and by OCSP."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.verification import PolicyBuilder, Store

from harness import ACCOUNT, Identity, Server, allow, linter, policy
from harness.authorities import Authority, new_key, new_request, run, wait_until
from harness.patience import PATIENCE

#: What AWS's certificates have, though the Baseline Requirements would rather see none of it; and the address of a server of tests.
TOLERATED = {
    "cabf.serverauth.dv.common_name_attribute_present", "cabf.serverauth.subscriber.subject_key_identifier_extension_present",
    "cabf.serverauth.subscriber_rsa_digitalsignature_and_keyencipherment_present", "cabf.internal_domain_name",
    "cabf.serverauth.root.authority_key_identifier_extension_absent",
}  # fmt: skip
#: AWS's templates say that every key encrypts others: RFC 8813 leaves that to RSA.
OF_TEMPLATES = {"pkix.key_usage_value_prohibited_for_ec"}


def fetched(url: str, data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(url, data, timeout=PATIENCE) as answer:
        return bytes(answer.read())


@dataclass
class Hierarchy:
    """A root, an authority below it, and two certificates of that, one of which is revoked."""

    folder: Path

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def write(self, name: str, pem: str) -> None:
        self.file(name).write_text(pem.strip() + "\n")

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.file(name).read_bytes())

    def list_of(self, name: str) -> x509.CertificateRevocationList:
        """The list that a certificate names."""
        (point,) = self.certificate(name).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert point.full_name
        return x509.load_der_x509_crl(fetched(point.full_name[0].value))

    def write_lists(self) -> None:
        """Those of both authorities, once the revoked certificate is on its own."""
        serial = self.certificate("revoked").serial_number

        def look() -> x509.CertificateRevocationList | None:
            found = self.list_of("revoked")
            return found if found.get_revoked_certificate_by_serial_number(serial) else None

        for name, found in (("issuing", wait_until(look)), ("root", self.list_of("issuing"))):
            (self.folder / f"{name}.crl").write_bytes(found.public_bytes(serialization.Encoding.PEM))

    def responder(self, name: str) -> str:
        access = self.certificate(name).extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        (where,) = [one.access_location.value for one in access if one.access_method == x509.AuthorityInformationAccessOID.OCSP]
        return str(where)

    def write_answer(self, name: str, issuer: str) -> None:
        question = ocsp.OCSPRequestBuilder().add_certificate(self.certificate(name), self.certificate(issuer), hashes.SHA256()).build()
        body = fetched(self.responder(name), question.public_bytes(serialization.Encoding.DER))
        (self.folder / f"{name}.ocsp").write_bytes(body)


def public(hierarchy: Hierarchy, root: Identity, cloud: Server) -> None:
    acm = root.client("acm")
    for name, algorithm in (("good", "RSA_2048"), ("revoked", "EC_prime256v1")):
        arn = acm.request_certificate(
            DomainName="www.example.com", SubjectAlternativeNames=["*.shop.example.com"], ValidationMethod="DNS",
            KeyAlgorithm=algorithm, Options={"Export": "ENABLED"},
        )["CertificateArn"]  # fmt: skip
        wait_until(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")
        found = acm.get_certificate(CertificateArn=arn)
        hierarchy.write(name, found["Certificate"])
        hierarchy.write("issuing", found["CertificateChain"])
    hierarchy.write("root", fetched(cloud.url + "/_gatehouse/certificates/public/root.pem").decode())
    acm.export_certificate(CertificateArn=arn, Passphrase=b"correct horse")
    acm.revoke_certificate(CertificateArn=arn, RevocationReason="KEY_COMPROMISE")


def private(hierarchy: Hierarchy, root: Identity, cloud: Server) -> None:
    s3, acm = root.client("s3"), root.client("acm")
    s3.create_bucket(Bucket="lists")
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    actions = ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"]
    arns = ["arn:aws:s3:::lists", "arn:aws:s3:::lists/*"]
    statement = allow(actions, arns, Principal={"Service": "acm-pca.amazonaws.com"}, Condition=condition)
    s3.put_bucket_policy(Bucket="lists", Policy=policy(statement))
    settings = {
        "CrlConfiguration": {"Enabled": True, "ExpirationInDays": 7, "S3BucketName": "lists", "S3ObjectAcl": "BUCKET_OWNER_FULL_CONTROL"},
        "OcspConfiguration": {"Enabled": True},
    }
    top = Authority.root(root, RevocationConfiguration=settings)
    issuing = Authority.below(top, root, RevocationConfiguration=settings)
    for name, authority in (("root", top), ("issuing", issuing)):
        hierarchy.write(name, authority.client.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)["Certificate"])
    for name in ("good", "revoked"):
        arn = acm.request_certificate(
            DomainName="www.example.com", SubjectAlternativeNames=["a.shop.example.com"], CertificateAuthorityArn=issuing.arn
        )["CertificateArn"]
        hierarchy.write(name, acm.get_certificate(CertificateArn=arn)["Certificate"])
    serial = f"{hierarchy.certificate('revoked').serial_number:032x}"
    issuing.client.revoke_certificate(CertificateAuthorityArn=issuing.arn, CertificateSerial=serial, RevocationReason="KEY_COMPROMISE")


@pytest.mark.parametrize("make", [public, private])
def test_judges(root: Identity, cloud: Server, tmp_path: Path, make: Any) -> None:
    hierarchy = Hierarchy(tmp_path)
    make(hierarchy, root, cloud)
    hierarchy.write_lists()
    is_public = make is public
    top, issuing, good, revoked = (hierarchy.file(name) for name in ("root", "issuing", "good", "revoked"))
    # Chains hold, and for their own names alone.
    for file in (good, revoked):
        bundle = tmp_path / "bundle.pem"
        bundle.write_text(file.read_text() + issuing.read_text())
        chain = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", top, "-untrusted", issuing]
        assert "OK" in run(*chain, "-verify_hostname", "a.shop.example.com", file)
        run(*chain, "-verify_hostname", "www.example.net", file, ok=False)
        judge = ["certtool", "--verify", "--verify-purpose", "1.3.6.1.5.5.7.3.1", "--load-ca-certificate", top, "--infile", bundle]
        assert "The certificate is trusted" in run(*judge, "--verify-hostname", "a.shop.example.com")
        run(*judge, "--verify-hostname", "www.example.net", ok=False)
        bundle.write_text(bundle.read_text() + top.read_text())
        assert "Chain verification output: Verified." in run("certtool", "--verify-chain", "--infile", bundle)
        leaf, above = x509.load_pem_x509_certificate(file.read_bytes()), hierarchy.certificate("issuing")
        policies = PolicyBuilder().store(Store([hierarchy.certificate("root")]))
        assert len(policies.build_server_verifier(x509.DNSName("a.shop.example.com")).verify(leaf, [above])) == 3
        with pytest.raises(x509.verification.VerificationError):
            policies.build_server_verifier(x509.DNSName("www.example.net")).verify(leaf, [above])
    # Lists: of all authorities in the chain.
    lists = tmp_path / "lists.pem"
    lists.write_text((tmp_path / "issuing.crl").read_text() + (tmp_path / "root.crl").read_text())
    check = [*chain, "-crl_check_all", "-CRLfile", lists]
    assert "OK" in run(*check, good)
    assert "certificate revoked" in run(*check, revoked, ok=False)
    for file, is_good in ((good, True), (revoked, False)):
        bundle.write_text(file.read_text() + issuing.read_text())
        said = run("certtool", "--verify", "--load-ca-certificate", top, "--load-crl", lists, "--infile", bundle, ok=is_good)
        assert ("revoked" in said) != is_good
    # Questions, by two clients; the root answers about the authority below it.
    ask = ["openssl", "ocsp", "-issuer", issuing, "-CAfile", top, "-verify_other", issuing, "-url"]
    said = run(*ask, hierarchy.responder("good"), "-cert", good, "-cert", revoked)
    assert "Response verify OK" in said and f"{good}: good" in said and f"{revoked}: revoked" in said and "keyCompromise" in said
    said = run("openssl", "ocsp", "-issuer", top, "-CAfile", top, "-url", hierarchy.responder("issuing"), "-cert", issuing)
    assert "Response verify OK" in said and f"{issuing}: good" in said
    for name in ("good", "revoked"):
        asking = ["ocsptool", f"--ask={hierarchy.responder(name)}", "--load-issuer", issuing, "--load-cert", hierarchy.file(name)]
        said = run(*asking, "--load-signer", issuing)
        assert "Success" in said and f"Certificate Status: {name}" in said
    # The linter.
    hierarchy.write_answer("good", "issuing"), hierarchy.write_answer("revoked", "issuing"), hierarchy.write_answer("issuing", "root")
    leaves: list[tuple[str, list[str]]]
    if is_public:
        leaves = [linter.public_certificate("DV-FINAL-CERTIFICATE", file) for file in (good, revoked)]
        leaves += [linter.public_certificate("ROOT-CA", top), linter.public_certificate("INTERNAL-UNCONSTRAINED-TLS-CA", issuing)]
    else:
        leaves = [linter.certificate(file) for file in (good, revoked)]
    cases = [
        *leaves, linter.certificate(top), linter.certificate(issuing), linter.chain(top, issuing), linter.chain(issuing, good),
        linter.revocations(tmp_path / "issuing.crl", of_authorities=False, is_public=is_public),
        linter.revocations(tmp_path / "root.crl", of_authorities=True, is_public=is_public),
        *(linter.answer(tmp_path / f"{name}.ocsp") for name in ("good", "revoked", "issuing")),
    ]  # fmt: skip
    found = linter.findings(*cases)
    for case, codes in zip(cases, found, strict=True):
        assert codes <= (TOLERATED if is_public else set()), case


def test_templates_and_a_bad_certificate(root: Identity, tmp_path: Path) -> None:
    authority = Authority.root(root)
    hierarchy = Hierarchy(tmp_path)
    cases = {}
    for kind in ("RSA", "EC"):
        request = new_request("www.example.com", "www.example.com", key=new_key(kind))
        for template in ("", "ServerAuth", "ClientAuth"):
            cases[kind, template] = (f"EndEntity{template}Certificate/V1", request)
        for template in ("CodeSigning", "OCSPSigning"):
            cases[kind, template] = (f"{template}Certificate/V1", request)
    for (kind, template), (name, request) in cases.items():
        hierarchy.write(kind + template, authority.get(authority.issue(request, name))[0])
    found = linter.findings(*(linter.certificate(hierarchy.file(kind + template)) for kind, template in cases))
    for (kind, template), codes in zip(cases, found, strict=True):
        assert codes == (OF_TEMPLATES if kind == "EC" and "Signing" not in template else set()), (kind, template)
    # That the linter finds anything at all: this one says two things of itself that it can't be.
    odd = new_request("", "under_score.example.com", extensions=((x509.SubjectKeyIdentifier(b"x"), True),))
    hierarchy.write("odd", authority.get(authority.issue(odd, "BlankEndEntityCertificate_CSRPassthrough/V1"))[0])
    (codes,) = linter.findings(linter.public_certificate("DV-FINAL-CERTIFICATE", hierarchy.file("odd")))
    assert {"cabf.serverauth.subscriber.certificate_policies_extension_absent"} < codes
