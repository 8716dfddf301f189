"""pysaml2 as the site of an identity provider, at which a person signs in in a real browser."""

from __future__ import annotations

import base64
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .hosted import Pool
from .saml import KeyPair, xmlsec1

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


def pysaml2_provider(pool: Pool, folder: Path, entity: str, sso: str, binding: str, consumer: str) -> Any:
    """pysaml2's provider for a user pool: it takes signed requests alone. `sso` is where it takes them, and `consumer`
    where the pool takes its answers."""
    from saml2.config import IdPConfig
    from saml2.server import Server as IdP

    keys = KeyPair()
    (folder / "key.pem").write_text(keys.key)
    (folder / "crt.pem").write_text(keys.certificate)
    certificate = pool.idp.get_signing_certificate(UserPoolId=pool.id)["Certificate"]
    sp = (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:amazon:cognito:sp:{pool.id}">'
        '<md:SPSSODescriptor AuthnRequestsSigned="true" '
        'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">'
        '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
        f"{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        f'<md:AssertionConsumerService index="1" Binding="{POST}" Location="{consumer}"/>'
        "</md:SPSSODescriptor></md:EntityDescriptor>"
    )
    config = IdPConfig().load({
        "entityid": entity,
        "service": {
            "idp": {
                "endpoints": {"single_sign_on_service": [(sso, binding)]}, "want_authn_requests_signed": True,
                "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}},
            }
        },
        "key_file": str(folder / "key.pem"), "cert_file": str(folder / "crt.pem"), "xmlsec_binary": xmlsec1(),
        "metadata": {"inline": [sp]},
    })  # fmt: skip
    return IdP(config=config)


def pysaml2_answer(provider: Any, pool: Pool, request: str, consumer: str, *, subject: str, mail: str, **more: Any) -> str:
    """What pysaml2 answers a request with: signed XML."""
    from saml2 import saml, xmldsig

    return str(
        provider.create_authn_response(
            {"mail": [mail]}, in_response_to=request, destination=consumer, sp_entity_id=f"urn:amazon:cognito:sp:{pool.id}",
            name_id=saml.NameID(format=saml.NAMEID_FORMAT_PERSISTENT, text=subject),
            authn={"class_ref": saml.AUTHN_PASSWORD, "authn_auth": "https://pysaml2.example"},
            sign_alg=xmldsig.SIG_RSA_SHA256, digest_alg=xmldsig.DIGEST_SHA256, sign_response=True, sign_assertion=True,
            **more,
        )
    )  # fmt: skip


class SAMLSite:
    """The site. It lies at 127.0.0.1 and the pages at `localhost`, so that browsers keep them apart."""

    def __init__(self, pool: Pool, folder: Path, binding: str):
        #: Who sits before it.
        self.subject, self.mail = "ann", "ann@example.com"
        #: Requests that were signed as they should.
        self.requests: list[Any] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(site.page(REDIRECT, dict(parse_qsl(urlsplit(self.path).query))))

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.reply(site.page(POST, dict(parse_qsl(form))))

            def reply(self, html: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(html)))
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.pool = pool
        self.consumer = f"{pool.base}/saml2/idpresponse".replace("127.0.0.1", "localhost")
        self.provider = pysaml2_provider(pool, folder, f"{self.url}/metadata", f"{self.url}/sso", binding, self.consumer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def metadata(self) -> str:
        from saml2.metadata import entity_descriptor

        return str(entity_descriptor(self.provider.config))

    def page(self, binding: str, told: dict[str, str]) -> str:
        if "SAMLRequest" not in told:
            return ""
        proof = {"sigalg": told["SigAlg"], "signature": told["Signature"]} if binding == REDIRECT else {}
        relay_state = {"relay_state": told["RelayState"]} if proof else {}
        parsed = self.provider.parse_authn_request(told["SAMLRequest"], binding, **proof, **relay_state)
        self.requests.append(parsed.message)
        answer = pysaml2_answer(
            self.provider, self.pool, parsed.message.id, self.consumer, subject=self.subject, mail=self.mail
        )
        fields = {"SAMLResponse": base64.b64encode(answer.encode()).decode(), "RelayState": told["RelayState"]}
        inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
        return (
            "<!doctype html><html lang=en><title>Provider</title><h1>The provider</h1>"
            f'<form method="post" action="{escape(self.consumer)}">{inputs}<button>Go on</button></form>'
        )

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
