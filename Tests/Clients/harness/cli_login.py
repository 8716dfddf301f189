"""The program's side of `aws login`, which version 1 of the AWS CLI does not have: botocore has only what comes after it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import botocore
import botocore.exceptions
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .identity import Identity

SAME_DEVICE = "arn:aws:signin:::devtools/same-device"
CROSS_DEVICE = "arn:aws:signin:::devtools/cross-device"


class Refusal(Exception):
    """What the token endpoint answers instead of credentials."""

    def __init__(self, error: botocore.exceptions.ClientError):
        super().__init__(str(error))
        self.code = error.response["Error"]["Code"]
        self.message = error.response["Error"]["Message"]
        self.error = error.response.get("error")
        self.status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        self.request_id = error.response["ResponseMetadata"]["RequestId"]


class Program:
    """A program that asks for credentials, with a key of its own."""

    def __init__(self, anybody: Identity, redirect_uri: str = "http://127.0.0.1:9/oauth/callback", client: str = SAME_DEVICE):
        self.url = anybody.url
        self.client_id = client
        self.redirect_uri = redirect_uri
        self.verifier = secrets.token_urlsafe(48)
        self.state = str(uuid.uuid4())
        self.key = ec.generate_private_key(ec.SECP256R1())
        #: Of the next request; None: a new one.
        self.proof: str | None = None
        self.signin = anybody.client("signin", signature_version=botocore.UNSIGNED)
        self.signin.meta.events.register("before-call.signin.CreateOAuth2Token", self._prove)

    def address(self, **changes: str | None) -> str:
        """What it opens in a browser."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "state": self.state,
            "code_challenge_method": "SHA-256",
            "scope": "openid",
            "redirect_uri": self.redirect_uri,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        }
        parameters |= changes
        given = [f"{name}={quote(value, safe='')}" for name, value in parameters.items() if value is not None]
        return "/v1/authorize?" + "&".join(given)

    def prove(self, *, key: ec.EllipticCurvePrivateKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A DPoP proof."""
        key = key or self.key
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        said = {"htm": "POST", "htu": f"{self.url}/v1/token", "iat": int(time.time()), "jti": str(uuid.uuid4())} | claims
        return jwt.encode(said, key, "ES256", {"typ": "dpop+jwt", "jwk": public} | (header or {}))

    def _prove(self, params: dict[str, Any], **_: Any) -> None:
        proof, self.proof = self.proof or self.prove(), None
        if proof != "none":
            params["headers"]["DPoP"] = proof

    def redeem(self, code: str, **changes: str) -> dict[str, Any]:
        return self.ask(
            {"grantType": "authorization_code", "code": code, "codeVerifier": self.verifier, "redirectUri": self.redirect_uri}
            | changes
        )

    def refresh(self, token: str, **changes: str) -> dict[str, Any]:
        return self.ask({"grantType": "refresh_token", "refreshToken": token} | changes)

    def ask(self, body: dict[str, str]) -> dict[str, Any]:
        try:
            return dict(self.signin.create_o_auth2_token(tokenInput={"clientId": self.client_id} | body)["tokenOutput"])
        except botocore.exceptions.ClientError as error:
            raise Refusal(error) from None

    def refused(self, ask: Any, *arguments: str, **changes: str) -> Refusal:
        try:
            ask(*arguments, **changes)
        except Refusal as refusal:
            return refusal
        raise AssertionError("it was not refused")

    def acting(self, tokens: dict[str, Any]) -> Identity:
        """Whoever has the credentials."""
        given = tokens["accessToken"]
        return Identity(self.url, given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])

    def kept(self, tokens: dict[str, Any], arn: str, *, expires: str) -> tuple[str, str]:
        """The file in which the AWS CLI keeps the credentials: its name and its text."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        text = {
            "accessToken": tokens["accessToken"] | {"accountId": arn.split(":")[4], "expiresAt": expires},
            "tokenType": tokens["tokenType"],
            "clientId": self.client_id,
            "refreshToken": tokens["refreshToken"],
            "idToken": tokens.get("idToken"),
            "dpopKey": pem.decode(),
        }
        return hashlib.sha256(arn.encode()).hexdigest() + ".json", json.dumps(text)


class Callback:
    """Where a program on this machine waits for the browser."""

    def __init__(self) -> None:
        self.parameters: dict[str, str] = {}
        self.came = threading.Event()
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == "/oauth/callback":
                    callback.parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
                    callback.came.set()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><html lang=en><title>Done</title><h1>Done</h1>")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.redirect_uri = f"http://127.0.0.1:{self.server.server_port}/oauth/callback"

    def __enter__(self) -> Callback:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def wait(self) -> dict[str, str]:
        assert self.came.wait(20), "the browser never came"
        return self.parameters
