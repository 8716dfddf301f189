"""An authenticator in software, which makes passkeys on P-256 and signs with them: by the W3C's WebAuthn recommendation."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value: Any) -> bytes:
    """Integers, bytes, texts and maps of them."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    size = 1 if number < 1 << 8 else 2 if number < 1 << 16 else 4
    return bytes([kind << 5 | (24 if size == 1 else 25 if size == 2 else 26)]) + number.to_bytes(size, "big")


class Passkey:
    """What an authenticator makes of `CredentialCreationOptions` on a page."""

    def __init__(self, options: dict[str, Any], *, origin: str, rp: str | None = None, verified: bool = True):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.origin = origin
        self.rp = rp or options["rp"]["id"]
        self.verified = verified
        self.handle = decoded(options["user"]["id"])
        self.count = 0
        self.challenge = options["challenge"]

    def _data(self, flags: int, more: bytes = b"") -> bytes:
        flags |= 4 if self.verified else 0
        self.count += 1
        return hashlib.sha256(self.rp.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count) + more

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def registration(self) -> dict[str, Any]:
        """`RegistrationResponseJSON`"""
        numbers = self.key.public_key().public_numbers()
        cose = cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": self._data(0x41, attested)})
        return {
            "id": encoded(self.id),
            "rawId": encoded(self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encoded(self._client("webauthn.create", self.challenge)),
                "attestationObject": encoded(attestation),
                "transports": ["internal", "hybrid"],
            },
        }

    def assertion(self, options: dict[str, Any]) -> dict[str, Any]:
        """`AuthenticationResponseJSON`"""
        data, client = self._data(1), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return {
            "id": encoded(self.id),
            "rawId": encoded(self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encoded(client),
                "authenticatorData": encoded(data),
                "signature": encoded(signature),
                "userHandle": encoded(self.handle),
            },
        }
