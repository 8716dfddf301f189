"""A provider at which people sign in: OpenID Connect's authorization code flow, with the person at the test's hands."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from pathlib import Path
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from .openid import Authority, OpenIDProvider


class LoginProvider(OpenIDProvider):
    """It knows one client, and is as strict as the standards let it be."""

    CLIENT = "gatehouse-at-the-provider"
    SECRET = "the-provider's-secret"

    def __init__(self, folder: Path, authority: Authority) -> None:
        super().__init__(folder, authority)
        #: What codes stand for: the request's parameters, the ID token's claims, what userInfo says.
        self.codes: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = {}
        self.forms: list[dict[str, str]] = []
        #: What access tokens are good for.
        self.told: dict[str, dict[str, Any]] = {}
        #: In the place of an honest ID token.
        self.id_token: str | None = None
        self.failure: tuple[int, dict[str, str]] | None = None
        #: Where it does not answer before this is set; None: it does.
        self.pause: threading.Event | None = None
        #: Who sits at a real browser that comes by; None: the provider's usual one.
        self.person: dict[str, Any] | None = None

    def details(self, **more: str) -> dict[str, str]:
        """As `ProviderDetails` of a user pool's provider has them."""
        return {
            "client_id": self.CLIENT, "client_secret": self.SECRET, "attributes_request_method": "GET",
            "oidc_issuer": self.url, "authorize_scopes": "openid email profile",
        } | more  # fmt: skip

    def answer(self, path: str) -> tuple[int, bytes]:
        if path == "/.well-known/openid-configuration":
            document = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
            for name in ("authorization", "token", "userinfo"):
                document[f"{name}_endpoint"] = f"{self.url}/{name}"
            return 200, json.dumps(document).encode()
        if path == "/userinfo":
            return self.user_info()
        if path.startswith("/authorization?"):
            return 200, self.page(f"{self.url}{path}").encode()
        return super().answer(path)

    def page(self, address: str) -> str:
        """What people see who come in a real browser."""
        back = self.sign_in(address, **(self.person or {}))
        refused = back.partition("?")[0] + "?" + urlencode(
            {"error": "access_denied", "error_description": "Not today", "state": parse_qs(urlsplit(back).query)["state"][0]}
        )
        return (
            f"<!doctype html><html lang=en><title>Provider</title><h1>The provider</h1><p><a href={escape(back)!r}>Go on</a>"
            f" <a href={escape(refused)!r}>Cancel</a></p>"
        )

    def user_info(self) -> tuple[int, bytes]:
        told = self.told.get((self.authorization or "").removeprefix("Bearer "))
        return (401, b"{}") if told is None else (200, json.dumps(told).encode())

    def sign_in(self, address: str, *, user_info: dict[str, Any] | None = None, **claims: Any) -> str:
        """Somebody came with this address, and has signed in: where they are sent back to."""
        assert address.startswith(f"{self.url}/authorization?"), address
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code" and asked["client_id"] == self.CLIENT
        assert asked["redirect_uri"].endswith("/oauth2/idpresponse")
        code = secrets.token_urlsafe(16)
        self.codes[code] = (asked, {"aud": self.CLIENT} | claims, user_info or {})
        return f"{asked['redirect_uri']}?" + urlencode({"code": code, "state": asked["state"]})

    def is_secret(self, secret: str) -> bool:
        return secret == self.SECRET

    def post(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        if path == "/userinfo":
            return self.user_info()
        self.forms.append(form)
        if self.pause:
            self.pause.wait(20)
        if self.failure:
            return self.failure[0], json.dumps(self.failure[1]).encode()
        known = self.codes.pop(form.get("code", ""), None)
        if path != "/token" or known is None:
            return 400, json.dumps({"error": "invalid_grant", "error_description": "no such code"}).encode()
        asked, claims, user_info = known
        if not self.is_secret(form["client_secret"]) or form["client_id"] != self.CLIENT:
            return 401, json.dumps({"error": "invalid_client"}).encode()
        verifier = form.get("code_verifier", "").encode()
        made = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if form["redirect_uri"] != asked["redirect_uri"] or asked.get("code_challenge", made) != made:
            return 400, json.dumps({"error": "invalid_grant"}).encode()
        access = secrets.token_urlsafe(16)
        self.told[access] = {"sub": claims.get("sub", "person-1")} | user_info
        token = self.id_token or self.token(**({"nonce": asked.get("nonce")} | claims))
        answer = {"access_token": access, "id_token": token, "token_type": "Bearer", "expires_in": 3600}
        return 200, json.dumps(answer).encode()
