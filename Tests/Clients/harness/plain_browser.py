"""A browser without a window: the console as programs see it, an attacker's among them."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlencode

from .server import ACCOUNT, Server
from .patience import PATIENCE

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class PlainBrowser:
    """No browser: requests as an attacker's program makes them, with the cookies that it was given."""

    def __init__(self, cloud: Server):
        self.cloud = cloud
        self.cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=PATIENCE)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if fields is not None:
            sent |= FORM
        connection.request(method, path, urlencode(fields) if fields is not None else None, sent)
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, text = value.split(";")[0].partition("=")
                self.cookies[key] = text
                if not text:
                    del self.cookies[key]
        told = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read().decode()
        connection.close()
        return answer.status, told, body

    def key(self, path: str) -> str:
        found = re.search(r'name="form-key" value="([^"]+)"', self.ask("GET", path)[2])
        assert found
        return found[1]

    def sign_in(self, name: str, password: str, **more: str) -> tuple[int, dict[str, str], str]:
        fields = {
            "form-key": self.key("/ui/sign-in"), "as": "user", "account": ACCOUNT, "name": name, "password": password,
        }  # fmt: skip
        return self.ask("POST", "/ui/sign-in", fields, **more)
