"""A client of ACME that says what a test tells it, whether or not that is right."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from .acme import Binding, Endpoint
from .patience import PATIENCE

ERRORS = "urn:ietf:params:acme:error:"
CURVES = {"ES256": (ec.SECP256R1(), hashes.SHA256(), 32), "ES384": (ec.SECP384R1(), hashes.SHA384(), 48), "ES512": (ec.SECP521R1(), hashes.SHA512(), 66)}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Key:
    """An account's key."""

    algorithm: str = "ES256"
    bits: int = 2048
    private: Any = None

    def __post_init__(self) -> None:
        if self.private:
            return
        if self.algorithm in CURVES:
            self.private = ec.generate_private_key(CURVES[self.algorithm][0])
        elif self.algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = rsa.generate_private_key(65537, self.bits)

    @property
    def jwk(self) -> dict[str, str]:
        public = self.private.public_key()
        if self.algorithm in CURVES:
            curve, _, size = CURVES[self.algorithm]
            numbers = public.public_numbers()
            name = {32: "P-256", 48: "P-384", 66: "P-521"}[size]
            return {"crv": name, "kty": "EC", "x": b64(numbers.x.to_bytes(size, "big")), "y": b64(numbers.y.to_bytes(size, "big"))}
        if self.algorithm == "EdDSA":
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"crv": "Ed25519", "kty": "OKP", "x": b64(raw)}
        numbers = public.public_numbers()
        return {"e": number(numbers.e), "kty": "RSA", "n": number(numbers.n)}

    @property
    def thumbprint(self) -> str:
        return b64(hashlib.sha256(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()).digest())

    def sign(self, data: bytes) -> bytes:
        if self.algorithm in CURVES:
            _, hash_, size = CURVES[self.algorithm]
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hash_)))
            return bytes(r.to_bytes(size, "big") + s.to_bytes(size, "big"))
        if self.algorithm == "EdDSA":
            return bytes(self.private.sign(data))
        return bytes(self.private.sign(data, padding.PKCS1v15(), hashes.SHA256()))


def signed(header: dict[str, Any], payload: bytes, signer: Any) -> dict[str, str]:
    """A JSON Web Signature in flattened JSON."""
    protected, content = b64(json.dumps(header).encode()), b64(payload)
    return {"protected": protected, "payload": content, "signature": b64(signer(f"{protected}.{content}".encode()))}


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return str(self.headers["Location"])

    @property
    def problem(self) -> str:
        """The problem's type, without what all have in common."""
        assert self.headers["Content-Type"] == "application/problem+json", (self.status, self.body)
        assert self.json["status"] == self.status and self.json["detail"]
        return str(self.json["type"]).removeprefix(ERRORS)

    @property
    def links(self) -> dict[str, str]:
        parts = [one.split(";rel=") for one in self.headers.get_all("Link") or []]
        return {relation.strip('"'): target.strip("<>") for target, relation in parts}


@dataclass
class AcmeClient:
    directory_url: str
    key: Key = field(default_factory=Key)
    account: str = ""
    nonce: str = ""

    @classmethod
    def registered(cls, endpoint: Endpoint, binding: Binding | None = None, key: Key | None = None) -> AcmeClient:
        client = cls(endpoint.url, key or Key())
        answer = client.register(binding or endpoint.bind())
        assert answer.status == 201, answer.body
        return client

    def send(self, method: str, url: str, body: bytes | None = None, content_type: str = "application/jose+json") -> Answer:
        request = urllib.request.Request(url, method=method, data=body, headers={"Content-Type": content_type} if body is not None else {})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                answer = Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.headers, error.read())
        if "Replay-Nonce" in answer.headers:
            self.nonce = answer.headers["Replay-Nonce"]
        return answer

    @property
    def directory(self) -> dict[str, Any]:
        return dict(self.send("GET", self.directory_url).json)

    def fresh_nonce(self) -> str:
        self.send("HEAD", self.directory["newNonce"])
        return self.nonce

    def header(self, address: str, **more: Any) -> dict[str, Any]:
        header: dict[str, Any] = {"alg": self.key.algorithm, "nonce": self.nonce or self.fresh_nonce(), "url": address}
        if self.account:
            header["kid"] = self.account
        else:
            header["jwk"] = self.key.jwk
        header |= more
        return {name: value for name, value in header.items() if value is not None}

    def post(self, address: str, payload: Any = None, *, key: Key | None = None, **header: Any) -> Answer:
        """Without a payload, a POST-as-GET. A header that is None is left out."""
        content = b"" if payload is None else json.dumps(payload).encode()
        body = signed(self.header(address, **header), content, (key or self.key).sign)
        self.nonce = ""
        return self.send("POST", address, json.dumps(body).encode())

    def binding(self, binding: Binding, *, key: Key | None = None, mac: bytes | None = None, **header: Any) -> dict[str, str]:
        made = {"alg": "HS256", "kid": binding.key_id, "url": self.directory["newAccount"]} | header
        secret = mac or unb64(binding.mac_key)
        return signed(
            {name: value for name, value in made.items() if value is not None},
            json.dumps((key or self.key).jwk).encode(),
            lambda data: hmac.digest(secret, data, "sha256"),
        )

    def register(self, binding: Binding | None, *, contact: tuple[str, ...] = ("mailto:ada@example.com",), **more: Any) -> Answer:
        payload: dict[str, Any] = {"contact": list(contact), "termsOfServiceAgreed": True}
        if binding:
            payload["externalAccountBinding"] = self.binding(binding)
        self.account = ""
        answer = self.post(self.directory["newAccount"], payload | more)
        if answer.status in (200, 201):
            self.account = answer.location
        return answer

    def order(self, *names: str, **more: Any) -> Answer:
        return self.post(self.directory["newOrder"], {"identifiers": [{"type": "dns", "value": name} for name in names]} | more)

    def wait(self, url: str, *states: str) -> Any:
        """Asks until something is in one of these states."""
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.post(url)
            assert answer.status == 200, answer.body
            if answer.json["status"] in states:
                return answer.json
            assert time.monotonic() < end, answer.json
            time.sleep(0.1)

    def finalize(self, order: dict[str, Any], request: bytes) -> Answer:
        return self.post(order["finalize"], {"csr": b64(request)})


def request_for(*names: str, key: Any = None, common: str | None = None, others: tuple[x509.GeneralName, ...] = ()) -> bytes:
    """A certificate signing request in DER."""
    subject = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common)] if common else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    alternatives = [*(x509.DNSName(name) for name in names), *others]
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
    made = builder.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)
