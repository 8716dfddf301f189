"""A SAML identity provider of the test's own. It writes what it is told to, honest or not; xmlsec1 signs."""

from __future__ import annotations

import base64
import datetime
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .patience import PATIENCE

AWS = "https://aws.amazon.com/SAML/Attributes/"
SIGN_IN = "https://signin.aws.amazon.com/saml"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


def xmlsec1() -> str:
    found = shutil.which("xmlsec1")
    if not found:
        pytest.fail("xmlsec1 is not installed: Tools/install-dependencies test")
    return found


@dataclass
class KeyPair:
    """An RSA key and a certificate that carries it, PEM."""

    key: str = ""
    certificate: str = ""

    def __post_init__(self) -> None:
        if self.key:
            return
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp.example")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def base64(self) -> str:
        return "".join(self.certificate.splitlines()[1:-1])


def stamp(seconds: float) -> str:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class IdentityProvider:
    entity_id: str = "https://idp.example/metadata"
    keys: KeyPair = field(default_factory=KeyPair)
    #: What the next assertion has.
    assertion_id: str = "_assertion"

    def metadata(self, **attributes: str) -> str:
        more = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<md:EntityDescriptor '
            f'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID={quoteattr(self.entity_id)}{more}>'
            '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
            f"<ds:X509Certificate>{self.keys.base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
            "</md:KeyDescriptor><md:SingleSignOnService "
            'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>\n"
        )

    def response(
        self,
        attributes: Mapping[str, str | Sequence[str]],
        *,
        subject: str = "alice@example.com",
        name_format: str | None = PERSISTENT,
        audience: str = "urn:amazon:webservices",
        recipient: str = SIGN_IN,
        issued: float = 0,
        not_before: float = 0,
        not_on_or_after: float = 300,
        session_end: float | None = None,
        status: str = SUCCESS,
        issuer: str | None = None,
        sign: str = "assertion",
    ) -> str:
        """A response in base64, as `--saml-assertion` takes it. Times are in seconds from now; attributes are named
        in full, or by the last part of AWS's own names. `sign` is what is signed: assertion, response or nothing."""
        issuer = escape(issuer or self.entity_id)
        words = ""
        for name, values in attributes.items():
            name = name if ":" in name and not name.startswith("PrincipalTag:") else AWS + name
            words += f'<saml:Attribute Name={quoteattr(name)} NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">'
            for value in [values] if isinstance(values, str) else values:
                words += f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue>"
            words += "</saml:Attribute>"
        form = f" Format={quoteattr(name_format)}" if name_format else ""
        end = f' SessionNotOnOrAfter="{stamp(session_end)}"' if session_end is not None else ""
        assertion = (
            f'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{self.assertion_id}" Version="2.0" '
            f'IssueInstant="{stamp(issued)}"><saml:Issuer>{issuer}</saml:Issuer>'
            f"{template(self.assertion_id) if sign == 'assertion' else ''}<saml:Subject><saml:NameID{form}>"
            f'{escape(subject)}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml:SubjectConfirmationData NotOnOrAfter="{stamp(not_on_or_after)}" Recipient={quoteattr(recipient)}/>'
            f'</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{stamp(not_before)}" '
            f'NotOnOrAfter="{stamp(not_on_or_after)}"><saml:AudienceRestriction><saml:Audience>{escape(audience)}'
            "</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{stamp(issued)}"{end}><saml:AuthnContext>'
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
            f"</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{words}</saml:AttributeStatement>"
            "</saml:Assertion>"
        )
        text = (
            '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response" Version="2.0" '
            f'IssueInstant="{stamp(issued)}" Destination="{SIGN_IN}"><saml:Issuer '
            f'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}</saml:Issuer>'
            f"{template('_response') if sign == 'response' else ''}<samlp:Status><samlp:StatusCode "
            f"Value={quoteattr(status)}/></samlp:Status>{assertion}</samlp:Response>\n"
        )
        return base64.b64encode((self.signed(text) if sign else text).encode()).decode()

    def signed(self, text: str) -> str:
        """The document with its one signature template filled in."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "key.pem").write_text(self.keys.key)
            (folder / "in.xml").write_text(text)
            arguments: list[Any] = [xmlsec1(), "--sign", "--privkey-pem", folder / "key.pem"]
            for element in ("assertion:Assertion", "protocol:Response"):
                arguments += ["--id-attr:ID", f"urn:oasis:names:tc:SAML:2.0:{element}"]
            arguments += ["--output", folder / "out.xml", folder / "in.xml"]
            subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True, timeout=PATIENCE)
            return (folder / "out.xml").read_text()


def template(of: str) -> str:
    """An enveloped signature that is yet to be made."""
    return (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
        f'<ds:Reference URI="#{of}"><ds:Transforms>'
        '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
        '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue></ds:DigestValue>'
        "</ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"
    )
