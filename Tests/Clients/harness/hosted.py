"""The domain of a user pool, an application that relies on it, and somebody at a browser without a window."""

from __future__ import annotations

import html
import json
import re
import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from . import raw
from .identity import Identity
from .server import REGION, Server
from .patience import PATIENCE

#: Where the application waits for the browser. Nobody listens there.
CALLBACK = "http://localhost:8909/callback"
PASSWORD = "Correct-horse-1"


@dataclass
class Pool:
    """A user pool with a domain, and an app client of it."""

    server: Server
    idp: Any
    id: str
    client_id: str
    secret: str | None
    prefix: str
    #: Where its application waits.
    callback: str = CALLBACK

    @property
    def base(self) -> str:
        """By the path: names need not be resolved."""
        return f"{self.server.url}/_cognito/{self.prefix}"

    @property
    def issuer(self) -> str:
        return f"{self.server.url}/{self.id}"

    def user(self, username: str = "ann", password: str = PASSWORD, **attributes: str) -> str:
        """A confirmed user; returns `sub`."""
        given = [{"Name": key.replace("__", ":"), "Value": value} for key, value in attributes.items()]
        made = self.idp.admin_create_user(
            UserPoolId=self.id, Username=username, UserAttributes=given, MessageAction="SUPPRESS"
        )["User"]
        self.idp.admin_set_user_password(UserPoolId=self.id, Username=username, Password=password, Permanent=True)
        return next(item["Value"] for item in made["Attributes"] if item["Name"] == "sub")

    def client(self, **settings: Any) -> dict[str, Any]:
        """One more app client."""
        return self.idp.create_user_pool_client(**(client_settings() | {"UserPoolId": self.id} | settings))[
            "UserPoolClient"
        ]

    def address(self, path: str = "/oauth2/authorize", **parameters: str | None) -> str:
        """An address with what the application asks for; None leaves a parameter out."""
        fields = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.callback, "scope": "openid email",
            "state": "of the application",
        } | parameters  # fmt: skip
        return f"{self.base}{path}?" + urlencode({key: value for key, value in fields.items() if value is not None})

    def token(self, *, auth: tuple[str, str] | None = None, **fields: str) -> requests.Response:
        """Asks the token endpoint."""
        return requests.post(f"{self.base}/oauth2/token", data=fields, auth=auth, timeout=PATIENCE)

    def messages(self) -> list[dict[str, str]]:
        """What the pool's users were sent."""
        request = raw.signed("GET", "/_gatehouse/outbox", b"", self.server.root, service="gatehouse")
        return list(json.loads(raw.send(self.server.port, request).body))

    def sent_code(self) -> str:
        """The code in the last message."""
        found = re.search(r"\b\d{6,8}\b", self.messages()[-1]["text"])
        assert found, self.messages()
        return found[0]

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token, verified with the keys that the pool publishes."""
        keys = KeySet.import_key_set(requests.get(f"{self.issuer}/.well-known/jwks.json", timeout=PATIENCE).json())
        claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
        assert claims["iss"] == self.issuer
        return claims


def client_settings() -> dict[str, Any]:
    return {
        "ClientName": "app", "CallbackURLs": [CALLBACK, "myapp://callback"], "LogoutURLs": ["http://localhost:8909/bye"],
        "AllowedOAuthFlows": ["code"], "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthScopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
        "SupportedIdentityProviders": ["COGNITO"], "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "PreventUserExistenceErrors": "ENABLED",
    }  # fmt: skip


def make_pool(
    cloud: Server, root: Identity, prefix: str = "myapp", *, managed: bool = False, secret: bool = False,
    pool: dict[str, Any] | None = None, client: dict[str, Any] | None = None,
) -> Pool:  # fmt: skip
    idp = root.client("cognito-idp")
    settings = {"PoolName": "people", "AutoVerifiedAttributes": ["email"]} | (pool or {})
    made = idp.create_user_pool(**settings)["UserPool"]
    idp.create_user_pool_domain(Domain=prefix, UserPoolId=made["Id"], ManagedLoginVersion=2 if managed else 1)
    app = idp.create_user_pool_client(
        **(client_settings() | {"UserPoolId": made["Id"], "GenerateSecret": secret} | (client or {}))
    )["UserPoolClient"]
    if managed:
        idp.create_managed_login_branding(
            UserPoolId=made["Id"], ClientId=app["ClientId"], UseCognitoProvidedValues=True
        )
    return Pool(cloud, idp, made["Id"], app["ClientId"], app.get("ClientSecret"), prefix, app["CallbackURLs"][0])


class Application:
    """The address of an application, to which a real browser comes back."""

    def __init__(self) -> None:
        #: What the browser brought, in its address.
        self.told: list[dict[str, str]] = []
        told = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/callback"):
                    told.append({key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()})
                body = b"<!doctype html><html lang=en><title>App</title><h1>The application</h1>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.callback = f"http://localhost:{self.server.server_port}/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "form":
            self.forms.append({"action": values.get("action"), "fields": {}})
        elif tag == "input" and self.forms and values.get("name"):
            self.forms[-1]["fields"][values["name"]] = values.get("value") or ""


@dataclass
class FormBrowser:
    """Somebody at a browser without a script or a window: pages, their forms, cookies."""

    pool: Pool
    session: requests.Session = field(default_factory=requests.Session)
    answer: requests.Response = field(default_factory=requests.Response)

    def open(self, address: str) -> "FormBrowser":
        """Goes to an address, and wherever it leads within this server."""
        return self._follow(self.session.get(address, allow_redirects=False, timeout=PATIENCE))

    def submit(self, place: int = 0, **fields: str) -> "FormBrowser":
        """Fills in a form of the page, and sends it. An underscore in a name stands for a hyphen, but at its beginning."""
        form = self.forms[place]
        typed = {key if key.startswith("_") else key.replace("_", "-"): value for key, value in fields.items()}
        target = urljoin(self.answer.url, html.unescape(form["action"]))
        return self._follow(
            self.session.post(target, data=form["fields"] | typed, allow_redirects=False, timeout=PATIENCE)
        )

    def _follow(self, answer: requests.Response) -> "FormBrowser":
        for _ in range(10):
            self.answer = answer
            location = answer.headers.get("Location")
            if not location:
                return self
            target = urljoin(answer.url, location)
            if not target.startswith(self.pool.server.url):
                return self
            answer = self.session.get(target, allow_redirects=False, timeout=PATIENCE)
        raise AssertionError("the browser is led around in circles")

    def sign_in(self, name: str = "ann", password: str = PASSWORD, **parameters: str | None) -> "FormBrowser":
        """Comes from the application, and signs in with a password."""
        return self.open(self.pool.address(**parameters)).submit(username=name, password=password)

    @property
    def forms(self) -> list[dict[str, Any]]:
        parser = _Form()
        parser.feed(self.answer.text)
        return parser.forms

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.answer.text, re.S)
        return html.unescape(found[1]) if found else f"{self.answer.status_code} {self.answer.headers.get('Location')}"

    @property
    def problem(self) -> str | None:
        found = re.search(r'role="alert">(.*?)</p>', self.answer.text, re.S)
        return html.unescape(found[1]) if found else None

    @property
    def path(self) -> str:
        return urlsplit(self.answer.url).path

    @property
    def returned(self) -> dict[str, str]:
        """What the application is told at the address that it waits at."""
        location = self.answer.headers.get("Location", "")
        assert location.startswith(CALLBACK), (self.answer.status_code, location, self.heading, self.problem)
        parts = urlsplit(location)
        return {key: values[0] for key, values in parse_qs(parts.query or parts.fragment).items()}

    @property
    def code(self) -> str:
        return self.returned["code"]


def relying_party(pool: Pool, **options: Any) -> OAuth2Session:
    """An application, by authlib. It reads where the endpoints are from the pool's discovery document."""
    return OAuth2Session(
        pool.client_id, pool.secret, redirect_uri=CALLBACK,
        token_endpoint_auth_method="client_secret_basic" if pool.secret else "none", **options,
    )  # fmt: skip


def discovery(pool: Pool) -> dict[str, Any]:
    return requests.get(f"{pool.issuer}/.well-known/openid-configuration", timeout=PATIENCE).json()


__all__ = [
    "CALLBACK", "PASSWORD", "REGION", "Application", "FormBrowser", "Pool", "client_settings", "discovery", "make_pool", "relying_party",
]  # fmt: skip
