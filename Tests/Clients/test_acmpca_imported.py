"""Authorities below somebody else's root: what the certificates above them say binds what they issue."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from harness import Identity, error_of
from harness.authorities import Authority, new_key, new_request

CERTIFICATE_SIGNING = x509.KeyUsage(False, False, False, False, False, True, True, False, False)


def named(name: str, country: str = "CH") -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, country), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


@dataclass
class Outside:
    """An authority that Gatehouse knows nothing of."""

    key: Any
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    @classmethod
    def root(cls, length: int | None = None, constraints: x509.NameConstraints | None = None) -> Outside:
        key = new_key()
        return cls(key, signed(named("Outside"), key.public_key(), named("Outside"), key, length, constraints))

    def below(self, length: int | None = None, constraints: x509.NameConstraints | None = None) -> Outside:
        key = new_key()
        made = signed(named("Between"), key.public_key(), self.certificate.subject, self.key, length, constraints)
        return Outside(key, made, (self.certificate, *self.above))

    def certify(self, identity: Identity, **more: Any) -> tuple[Authority, dict[str, Any]]:
        """An authority of Gatehouse's, and the import of the certificate that this one has signed for it."""
        authority = Authority.create(identity, "Inside", kind="SUBORDINATE")
        request = x509.load_pem_x509_csr(authority.request.encode())
        own = signed(request.subject, request.public_key(), self.certificate.subject, self.key, **more)
        chain = b"".join(pem(one) for one in (self.certificate, *self.above))
        return authority, {"CertificateAuthorityArn": authority.arn, "Certificate": pem(own), "CertificateChain": chain}

    def active(self, identity: Identity, **more: Any) -> Authority:
        authority, imported = self.certify(identity, **more)
        authority.client.import_certificate_authority_certificate(**imported)
        return authority

    def refused(self, identity: Identity, **more: Any) -> str:
        authority, imported = self.certify(identity, **more)
        code = error_of(authority.client.import_certificate_authority_certificate, **imported).code
        assert authority.description["Status"] == "PENDING_CERTIFICATE"
        return code


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def signed(
    subject: x509.Name,
    public: Any,
    issuer: x509.Name,
    key: Any,
    length: int | None = None,
    constraints: x509.NameConstraints | None = None,
    *,
    critical: bool = True,
    usage: x509.KeyUsage = CERTIFICATE_SIGNING,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(True, length), critical)
        .add_extension(usage, True)
    )
    if constraints:
        builder = builder.add_extension(constraints, True)
    return builder.sign(key, hashes.SHA256())


def permitted(*names: x509.GeneralName) -> x509.NameConstraints:
    return x509.NameConstraints(list(names), None)


def excluded(*names: x509.GeneralName) -> x509.NameConstraints:
    return x509.NameConstraints(None, list(names))


def asking(*names: x509.GeneralName, common: str = "Somebody") -> str:
    extensions = ((x509.SubjectAlternativeName(names), False),) if names else ()
    return new_request(common, extensions=extensions)


HOST, MAIL, PLACE = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier


def address(text: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_address(text))


def network(text: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_network(text))


@pytest.mark.parametrize(
    ("constraints", "good", "bad"),
    [
        (permitted(HOST("corp.example")), [HOST("a.corp.example"), HOST("*.corp.example")], [HOST("www.bank.example"), HOST("evilcorp.example")]),
        (excluded(HOST("bank.example")), [HOST("a.corp.example")], [HOST("www.bank.example")]),
        (permitted(network("10.0.0.0/8")), [address("10.1.2.3"), HOST("any.example")], [address("192.0.2.1")]),
        (permitted(MAIL("corp.example")), [MAIL("ada@corp.example")], [MAIL("ada@bank.example")]),
        (permitted(PLACE(".corp.example")), [PLACE("https://a.corp.example/x")], [PLACE("https://bank.example/x")]),
        (excluded(x509.DirectoryName(named("Boss"))), [x509.DirectoryName(named("Ada"))], [x509.DirectoryName(named("Boss"))]),
    ],
    ids=["hosts", "not these", "networks", "mail", "addresses", "directories"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["own", "above", "top"])
def test_name_constraints_bind_what_is_issued(
    root: Identity, place: str, constraints: x509.NameConstraints, good: list[x509.GeneralName], bad: list[x509.GeneralName]
) -> None:
    top = Outside.root(constraints=constraints if place == "top" else None)
    above = top.below(constraints=constraints) if place == "above" else top
    authority = above.active(root, constraints=constraints if place == "own" else None)
    assert authority.certificate(asking())
    for name in good:
        assert authority.certificate(asking(name))
    for name in bad:
        for more in ([], good):
            error = error_of(authority.issue, request=asking(*more, name))
            assert error.code == "InvalidArgsException" and "name constraints" in error.message


def test_subjects_are_names_too(root: Identity) -> None:
    swiss = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CH")]))
    authority = Outside.root().active(root, constraints=permitted(swiss, HOST("corp.example")))
    subject = {"Country": "CH", "CommonName": "a.corp.example"}
    for given, is_good in (
        (subject, True),
        (subject | {"Country": "FR"}, False),
        (subject | {"CommonName": "www.bank.example"}, False),
    ):
        ask = {"request": new_request("x"), "template": "EndEntityCertificate_APIPassthrough/V1", "ApiPassthrough": {"Subject": given}}
        if is_good:
            assert authority.certificate(**ask)
        else:
            assert error_of(authority.issue, **ask).code == "InvalidArgsException"
    below = Authority.create(root, "Low", kind="SUBORDINATE")
    assert authority.issue(below.request, "SubordinateCACertificate_PathLen0/V1"), "its name is Swiss"
    assert Outside.root(constraints=excluded(swiss)).refused(root) == "CertificateMismatchException"


def test_acm_tells_of_names_that_are_not_permitted(root: Identity) -> None:
    authority = Outside.root().active(root, constraints=permitted(HOST("corp.example")))
    acm = root.client("acm")
    outcomes = []
    for name in ("www.corp.example", "www.bank.example"):
        ask = {"DomainName": name, "CertificateAuthorityArn": authority.arn, "KeyAlgorithm": "EC_prime256v1"}
        made = acm.request_certificate(**ask)["CertificateArn"]
        found = acm.describe_certificate(CertificateArn=made)["Certificate"]
        outcomes.append((found["Status"], found.get("FailureReason")))
    assert outcomes == [("ISSUED", None), ("FAILED", "PCA_INVALID_ARGS")]


def test_constraints_that_cannot_be_applied(root: Identity) -> None:
    for name in (x509.RegisteredID(x509.ObjectIdentifier("1.2.3")), x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00")):
        assert Outside.root().refused(root, constraints=permitted(name)) == "MalformedCertificateException"
        assert Outside.root(constraints=excluded(name)).refused(root) == "MalformedCertificateException"


def test_path_lengths_above(root: Identity) -> None:
    assert Outside.root().below(0).refused(root) == "CertificateMismatchException"
    assert Outside.root(0).refused(root, length=0) == "CertificateMismatchException"
    assert Outside.root(1).below().refused(root) == "CertificateMismatchException"
    low = Authority.create(root, "Low", kind="SUBORDINATE").request
    # What the root says counts: those below it say nothing.
    last = Outside.root(2).below().active(root)
    assert error_of(last.issue, request=low, template="SubordinateCACertificate_PathLen0/V1").code == "InvalidArgsException"
    assert last.certificate(new_request())
    one = Outside.root(2).active(root)
    assert one.issue(low, "SubordinateCACertificate_PathLen0/V1")
    assert error_of(one.issue, request=low, template="SubordinateCACertificate_PathLen1/V1").code == "InvalidArgsException"
    assert error_of(one.issue, request=low, template="SubordinateCACertificate_PathLen3/V1").code == "InvalidArgsException"
    free = Outside.root().below().active(root)
    assert free.issue(low, "SubordinateCACertificate_PathLen3/V1")


def test_authorities_have_to_say_so(root: Identity) -> None:
    assert Outside.root().refused(root, critical=False) == "MalformedCertificateException"
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    assert Outside.root().refused(root, usage=usage) == "MalformedCertificateException"


def test_nobody_vouches_for_himself(root: Identity) -> None:
    authority = Outside.root().active(root)
    own, _ = authority.get(authority.issue(authority.request, "SubordinateCACertificate_PathLen0/V1"))
    assert x509.load_pem_x509_certificate(own.encode()).issuer == x509.load_pem_x509_csr(authority.request.encode()).subject
    put = authority.client.import_certificate_authority_certificate
    error = error_of(put, CertificateAuthorityArn=authority.arn, Certificate=own.encode(), CertificateChain=own.encode())
    assert error.code == "CertificateMismatchException"


def test_the_chain_is_in_order(root: Identity) -> None:
    authority, imported = Outside.root().below().certify(root)
    blocks = imported["CertificateChain"].decode().split("-----END CERTIFICATE-----\n")[:2]
    backwards = "".join(block + "-----END CERTIFICATE-----\n" for block in reversed(blocks)).encode()
    put = authority.client.import_certificate_authority_certificate
    assert error_of(put, **imported | {"CertificateChain": backwards}).code == "CertificateMismatchException"
    put(**imported)
    assert authority.description["Status"] == "ACTIVE"
