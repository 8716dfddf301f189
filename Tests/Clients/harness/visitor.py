"""Somebody at a real browser who comes from an application to the pages of a user pool's domain."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from .browser import Person, violations
from .hosted import PASSWORD, Application, Pool


class Somebody:
    """A person at a browser, who comes from an application."""

    def __init__(self, person: Person, pool: Pool, application: Application):
        self.person, self.pool, self.page, self.application = person, pool, person.page, application

    def go(self, path: str = "/oauth2/authorize", **parameters: str | None) -> Page:
        # Passkeys are for `localhost`, and no browser has them at 127.0.0.1.
        self.page.goto(self.pool.address(path, **parameters).replace("127.0.0.1", "localhost"))
        return self.page

    def sign_in(self, name: str = "ann", password: str = PASSWORD) -> Page:
        self.go()
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.press("Sign in")
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()

    @property
    def problem(self) -> str:
        return self.page.get_by_role("alert").inner_text()

    def has_tokens(self) -> dict[str, Any]:
        """That the application got a code that is worth tokens; returns the claims of the ID token."""
        assert self.heading == "The application", self.page.locator("body").inner_text()
        answer = self.pool.token(
            grant_type="authorization_code", client_id=self.pool.client_id, code=self.application.told[-1]["code"],
            redirect_uri=self.pool.callback,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return self.pool.claims(answer.json()["id_token"])

    def has_no_barrier(self) -> None:
        """By axe-core, which is a script."""
        if self.person.has_script:
            assert violations(self.page) == []
