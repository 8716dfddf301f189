"""What private certificate authorities issue: templates, what is passed through, validity."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from harness import Identity, error_of
from harness.authorities import TEMPLATES, Authority, days, new_key, new_request, run

CRITICAL_USAGE = (x509.KeyUsage(True, True, False, False, False, False, False, False, False), True)


@pytest.fixture
def authority(root: Identity) -> Authority:
    return Authority.root(root)


def purposes(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def usages(certificate: x509.Certificate) -> set[str]:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
    return {name for name in names.split() if getattr(usage, name)}


@pytest.mark.parametrize(
    ("template", "wanted", "usage"),
    [
        (None, [Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH], {"digital_signature", "key_encipherment"}),
        ("EndEntityServerAuthCertificate/V1", [Purpose.SERVER_AUTH], {"digital_signature", "key_encipherment"}),
        ("EndEntityClientAuthCertificate/V1", [Purpose.CLIENT_AUTH], {"digital_signature", "key_encipherment"}),
        ("CodeSigningCertificate/V1", [Purpose.CODE_SIGNING], {"digital_signature"}),
        ("OCSPSigningCertificate/V1", [Purpose.OCSP_SIGNING], {"digital_signature"}),
    ],
)
def test_templates_of_end_entities(authority: Authority, template: str | None, wanted: list[Any], usage: set[str]) -> None:
    # What the request asks for beyond its names is not for it to say.
    request = new_request(
        "a.example.com", "a.example.com", "b.example.com",
        extensions=((x509.BasicConstraints(True, None), True), (x509.ExtendedKeyUsage([Purpose.TIME_STAMPING]), False)),
    )  # fmt: skip
    certificate = authority.certificate(request, template)
    assert purposes(certificate) == wanted and usages(certificate) == usage
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert not constraints.value.ca and not constraints.critical
    assert certificate.extensions.get_extension_for_class(x509.KeyUsage).critical
    is_signing = wanted in ([Purpose.CODE_SIGNING], [Purpose.OCSP_SIGNING])
    assert certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical == is_signing
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example.com", "b.example.com"]
    own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert own == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    issuer = x509.load_pem_x509_certificate(
        authority.client.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)["Certificate"].encode()
    )
    above = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert above == issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    certificate.verify_directly_issued_by(issuer)


def test_passed_through_by_the_request(authority: Authority) -> None:
    request = new_request(
        extensions=(
            (x509.ExtendedKeyUsage([Purpose.EMAIL_PROTECTION]), False), CRITICAL_USAGE, (x509.OCSPNoCheck(), False),
            (x509.BasicConstraints(True, None), True),
        )
    )  # fmt: skip
    blank = authority.certificate(request, "BlankEndEntityCertificate_CSRPassthrough/V1")
    assert purposes(blank) == [Purpose.EMAIL_PROTECTION] and "content_commitment" in usages(blank)
    assert blank.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert not blank.extensions.get_extension_for_class(x509.BasicConstraints).value.ca, "the template's word counts most"
    client = authority.certificate(request, "EndEntityClientAuthCertificate_CSRPassthrough/V1")
    assert purposes(client) == [Purpose.CLIENT_AUTH] and client.extensions.get_extension_for_class(x509.OCSPNoCheck)
    critical = authority.certificate(new_request(), "BlankEndEntityCertificate_CriticalBasicConstraints_CSRPassthrough/V1")
    assert critical.extensions.get_extension_for_class(x509.BasicConstraints).critical


def test_passed_through_by_the_api(authority: Authority) -> None:
    given = {
        "Subject": {"CommonName": "given", "Organization": "Other"},
        "Extensions": {
            "KeyUsage": {"DigitalSignature": True, "NonRepudiation": True},
            "ExtendedKeyUsage": [
                {"ExtendedKeyUsageType": "SMART_CARD_LOGIN"},
                {"ExtendedKeyUsageObjectIdentifier": "1.3.6.1.4.1.99999.1"},
            ],
            "CertificatePolicies": [
                {
                    "CertPolicyId": "2.5.29.32.0",
                    "PolicyQualifiers": [{"PolicyQualifierId": "CPS", "Qualifier": {"CpsUri": "https://example.com/cps"}}],
                }
            ],
            "SubjectAlternativeNames": [
                {"DnsName": "c.example.com"}, {"IpAddress": "192.0.2.1"}, {"IpAddress": "2001:db8::1"},
                {"Rfc822Name": "ada@example.com"}, {"UniformResourceIdentifier": "spiffe://example.com/x"},
                {"DirectoryName": {"CommonName": "inner"}}, {"RegisteredId": "1.2.3.4"},
                {"OtherName": {"TypeId": "1.3.6.1.4.1.311.20.2.3", "Value": "ada@corp"}},
                {"EdiPartyName": {"PartyName": "party", "NameAssigner": "assigner"}},
            ],
            "CustomExtensions": [{"ObjectIdentifier": "1.3.6.1.4.1.99999.2", "Value": "DAJoaQ==", "Critical": False}],
        },
    }  # fmt: skip
    request = new_request("asked", "asked.example.com")
    pem = authority.get(authority.issue(request, "BlankEndEntityCertificate_APIPassthrough/V1", ApiPassthrough=given))[0]
    text = run("openssl", "x509", "-noout", "-text", stdin=pem)
    for wanted in (
        "Subject: O = Other, CN = given", "Microsoft Smartcard Login, 1.3.6.1.4.1.99999.1", "X509v3 Any Policy",
        "CPS: https://example.com/cps", "DNS:c.example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1",
        "email:ada@example.com", "URI:spiffe://example.com/x", "DirName:/CN=inner", "Registered ID:1.2.3.4",
        "UPN::ada@corp", "EdiPartyName:", "Digital Signature, Non Repudiation",
    ):  # fmt: skip
        assert wanted in text, f"{wanted} is not in {text}"
    certificate = authority.certificate(request, "BlankEndEntityCertificate_APIPassthrough/V1", ApiPassthrough={
        "Extensions": {"CustomExtensions": given["Extensions"]["CustomExtensions"]}
    })  # fmt: skip
    custom = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.4.1.99999.2")).value
    assert custom.value == b"\x0c\x02hi"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["asked.example.com"], "where the API says none, they are the request's"
    # Where the template does not take it, it is ignored.
    plain = authority.certificate(request, ApiPassthrough=given)
    assert plain.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "asked"
    wrong = {"Extensions": {"SubjectAlternativeNames": [{"IpAddress": "300.1.1.1"}]}}
    error = error_of(
        authority.issue, request=request, template="BlankEndEntityCertificate_APIPassthrough/V1", ApiPassthrough=wrong
    )
    assert error.code == "InvalidArgsException"


def test_the_api_counts_more_than_the_request(authority: Authority) -> None:
    request = new_request("asked", "asked.example.com", extensions=((x509.OCSPNoCheck(), False),))
    given = {"Extensions": {"SubjectAlternativeNames": [{"IpAddress": "192.0.2.7"}]}}
    certificate = authority.certificate(request, "EndEntityCertificate_APICSRPassthrough/V1", ApiPassthrough=given)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.IPAddress(ipaddress.ip_address("192.0.2.7"))]
    assert certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert purposes(certificate) == [Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH]


def test_names_are_critical_where_there_is_no_subject(authority: Authority) -> None:
    certificate = authority.certificate(new_request("", "only.example.com"))
    assert certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical


def test_path_lengths(root: Identity, authority: Authority) -> None:
    middle = Authority.below(authority, root, "Middle", 1)
    low = Authority.create(root, "Low", kind="SUBORDINATE")
    error = error_of(middle.issue, request=low.request, template="SubordinateCACertificate_PathLen1/V1")
    assert error.code == "InvalidArgsException"
    made = middle.certificate(low.request, "SubordinateCACertificate_PathLen0/V1")
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    error = error_of(middle.issue, request=middle.request, template="RootCACertificate/V1")
    assert error.code == "InvalidArgsException"
    error = error_of(authority.issue, request=new_request(), template="RootCACertificate/V1")
    assert error.code == "InvalidArgsException", "a root signs nobody else's certificate as its own"


def test_validity(authority: Authority, root: Identity) -> None:
    request = new_request()
    now = datetime.datetime.now(datetime.UTC)

    def ends(**validity: Any) -> datetime.datetime:
        return authority.certificate(request, validity=validity).not_valid_after_utc

    assert abs((ends(Value=5, Type="DAYS") - now).total_seconds() - 5 * 86_400) < 60
    month = ends(Value=2, Type="MONTHS")
    assert (month.month - now.month) % 12 == 2
    end = (now + datetime.timedelta(days=100)).replace(microsecond=0)
    assert ends(Value=int(end.timestamp()), Type="ABSOLUTE") == end
    assert ends(Value=int(end.strftime("%Y%m%d%H%M%S")), Type="END_DATE") == end
    assert ends(Value=int(end.strftime("%y%m%d%H%M%S")), Type="END_DATE") == end
    assert ends(Value=3, Type="YEARS").year == now.year + 3
    certificate = authority.certificate(request)
    assert abs((now - certificate.not_valid_before_utc).total_seconds() - 3600) < 60
    start = int((now + datetime.timedelta(days=1)).timestamp())
    later = authority.certificate(request, ValidityNotBefore={"Value": start, "Type": "ABSOLUTE"})
    assert int(later.not_valid_before_utc.timestamp()) == start
    error = error_of(authority.issue, request=request, validity={"Value": 20, "Type": "YEARS"})
    assert (error.code, error.message) == (
        "ValidationException", "The certificate validity specified exceeds the certificate authority validity",
    )  # fmt: skip
    for wrong in ({"Value": 1, "Type": "ABSOLUTE"}, {"Value": 20301399000000, "Type": "END_DATE"}):
        assert error_of(authority.issue, request=request, validity=wrong).code == "InvalidArgsException"
    error = error_of(authority.issue, request=request, ValidityNotBefore=days(1))
    assert error.code == "InvalidArgsException"
    short = Authority.root(root, "Short", UsageMode="SHORT_LIVED_CERTIFICATE")
    short.issue(request, validity=days(7))
    assert error_of(short.issue, request=request, validity=days(8)).code == "InvalidArgsException"


def test_requests_that_prove_nothing(authority: Authority, tmp_path: Path) -> None:
    request = new_request()
    other = new_request("other.example.com")
    # The signature of another request, which has the same length.
    forged = x509.load_pem_x509_csr(request.encode())
    body = forged.public_bytes(serialization.Encoding.DER)
    spoilt = bytearray(body)
    spoilt[-1] ^= 1
    (tmp_path / "spoilt").write_bytes(bytes(spoilt))
    pem = run("openssl", "base64", "-in", tmp_path / "spoilt")
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{pem}-----END CERTIFICATE REQUEST-----\n"
    for wrong in (pem, "nothing", other.replace("CERTIFICATE REQUEST", "CERTIFICATE")):
        assert error_of(authority.issue, request=wrong).code == "MalformedCSRException"
    error = error_of(authority.issue, request=request, SigningAlgorithm="SHA256WITHRSA")
    assert error.code == "InvalidArgsException"
    assert error_of(authority.issue, request=request, template="NoSuchCertificate/V1").code == "InvalidArgsException"
    authority.issue(new_request(key=new_key("RSA")))


def test_tokens_serials_and_unknown_ones(authority: Authority) -> None:
    request = new_request()
    assert authority.issue(request, IdempotencyToken="1") == authority.issue(request, IdempotencyToken="1")
    assert authority.issue(request, IdempotencyToken="2") != authority.issue(request, IdempotencyToken="1")
    arns = {authority.issue(request) for _ in range(20)}
    serials = {arn.rsplit("/", 1)[1] for arn in arns}
    assert len(serials) == 20 and all(len(serial) == 32 for serial in serials)
    arn = arns.pop()
    certificate = x509.load_pem_x509_certificate(authority.get(arn)[0].encode())
    assert certificate.serial_number == int(arn.rsplit("/", 1)[1], 16)
    get = authority.client.get_certificate
    unknown = arn.rsplit("/", 1)[0] + "/" + "0" * 32
    error = error_of(get, CertificateAuthorityArn=authority.arn, CertificateArn=unknown)
    assert error.code == "ResourceNotFoundException"
    error = error_of(get, CertificateAuthorityArn=authority.arn, CertificateArn=TEMPLATES + "x")
    assert error.code == "InvalidArnException"
