"""An OpenID Connect provider of the test's own: HTTPS on loopback, a certificate authority made on the spot."""

from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


def make_certificate(
    name: str, key: Any, issuer: str, issuer_key: Any, *, authority: bool, hosts: tuple[str, ...] = ()
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if hosts:
        names: list[x509.GeneralName] = []
        for host in hosts:
            try:
                names.append(x509.IPAddress(ipaddress.ip_address(host)))
            except ValueError:
                names.append(x509.DNSName(host))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _base64url(number: int, length: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(length, "big")).rstrip(b"=").decode()


class Authority:
    """A certificate authority, and its certificate in a file."""

    def __init__(self, folder: Path, name: str = "Tests"):
        self.name = f"{name} authority"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = make_certificate(self.name, self.key, self.name, self.key, authority=True)
        self.file = folder / f"{name}-authority.pem"
        self.file.write_bytes(self.certificate.public_bytes(PEM))

    @property
    def thumbprint(self) -> str:
        return hashlib.sha1(self.certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


class OpenIDProvider:
    """Signs what it is told to. `keys` are its signing keys by their ids; the newest signs."""

    def __init__(self, folder: Path, authority: Authority, *, hosts: tuple[str, ...] = ("localhost", "127.0.0.1")):
        self.requests: list[str] = []
        #: Of the last request.
        self.authorization: str | None = None
        self.keys: dict[str, tuple[str, Any]] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.new_key("RS256")
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = make_certificate("provider", key, authority.name, authority.key, authority=False, hosts=hosts)
        file = folder / f"provider-{id(self)}.pem"
        # The authority comes last in the chain that the server presents: its thumbprint is the one to register.
        file.write_bytes(
            key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + certificate.public_bytes(PEM)
            + authority.certificate.public_bytes(PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.requests.append(self.path)
                provider.authorization = self.headers.get("Authorization")
                self.reply(*provider.answer(self.path))

            def do_POST(self) -> None:
                provider.requests.append(self.path)
                provider.authorization = self.headers.get("Authorization")
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()))
                self.reply(*provider.post(self.path, form))

            def reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body.decode())
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.path = ""
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def name(self) -> str:
        """What its condition keys begin with."""
        return f"localhost:{self.port}{self.path}"

    @property
    def url(self) -> str:
        return f"https://{self.name}"

    def answer(self, path: str) -> tuple[int, bytes]:
        path = path.removeprefix(self.path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"}).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": [self._public(name) for name in self.keys]}).encode()
        return 404, b""

    def post(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        return 404, b""

    # Keys

    def new_key(self, algorithm: str) -> str:
        """A new signing key, which signs from now on."""
        key: Any
        if algorithm.startswith("RS"):
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        else:
            key = ec.generate_private_key(CURVES[algorithm])
        name = f"key-{len(self.keys) + 1}"
        self.keys[name] = (algorithm, key)
        return name

    def _public(self, name: str) -> dict[str, str]:
        algorithm, key = self.keys[name]
        numbers = key.public_key().public_numbers()
        if algorithm.startswith("RS"):
            material = {"kty": "RSA", "n": _base64url(numbers.n, 256), "e": _base64url(numbers.e, 3)}
        else:
            size = (key.key_size + 7) // 8
            curve = {256: "P-256", 384: "P-384", 521: "P-521"}[key.key_size]
            material = {"kty": "EC", "crv": curve, "x": _base64url(numbers.x, size), "y": _base64url(numbers.y, size)}
        return material | {"kid": name, "alg": algorithm, "use": "sig"}

    # Tokens

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "gatehouse-tests", "sub": "person-1", "iat": now, "exp": now + 600}
        return {name: value for name, value in (claims | more).items() if value is not None}

    def token(self, *, key: str | None = None, kid: str | None = None, **claims: Any) -> str:
        """A signed token; a claim that is None is left out."""
        name = key or list(self.keys)[-1]
        algorithm, private = self.keys[name]
        return jwt.encode(self.claims(**claims), private, algorithm=algorithm, headers={"kid": kid or name})

    def public_pem(self, name: str) -> bytes:
        public = self.keys[name][1].public_key()
        return public.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
