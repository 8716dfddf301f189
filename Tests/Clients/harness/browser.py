"""A real browser, Debian's chromium, in which a test uses the console as a person does."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from .identity import Identity
from .patience import PATIENCE
from .server import Server

#: Of the users that tests make for the console.
PASSWORD = "Correct-horse-1"



expect.set_options(timeout=PATIENCE * 1000)


def _until_the_page_is_there(click: Callable[..., None]) -> Callable[..., None]:
    """After a click that leads to another page, Playwright waits for the first bytes of it and no longer. What tests read without
    waiting for anything (`count`, `is_visible`, `title`) would be of half a page, and what they fill in before its scripts have
    run might be lost."""

    @functools.wraps(click)
    def clicked(self: Locator, **options: object) -> None:
        click(self, **options)
        self.page.wait_for_load_state()

    return clicked


Locator.click = _until_the_page_is_there(Locator.click)  # type: ignore[method-assign]


@contextmanager
def chromium() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program, "chromium is not installed: Tools/install-dependencies test"
    with sync_playwright() as playwright:
        # The sandbox needs rights that a container may not give; the only pages it shows are our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody at a browser of their own: no cookies are shared with others.

    What the browser complains about, and every request that leaves this machine, is kept, and fails the test at the end.
    """

    def __init__(self, browser: Browser, server: Server, *, script: bool = True, secure: bool = False, **options: object):
        self.base = (server.secure_url if secure else f"http://localhost:{server.port}").replace("127.0.0.1", "localhost")
        self.has_script = script
        self.context: BrowserContext = browser.new_context(
            base_url=self.base, java_script_enabled=script, ignore_https_errors=True, **options  # type: ignore[arg-type]
        )
        self.context.set_default_timeout(PATIENCE * 1000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.strays: list[str] = []
        self.expects_errors = False
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _heard(self, message: object) -> None:
        text = message.text  # type: ignore[attr-defined]
        # Chromium writes a line for every answer that is an error: those pages are meant to be.
        if message.type == "error" and not text.startswith("Failed to load resource"):  # type: ignore[attr-defined]
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about") and parts.hostname not in ("localhost", "127.0.0.1"):
            self.strays.append(url)

    def close(self) -> None:
        self.context.close()
        assert not self.complaints, self.complaints
        assert not self.strays, f"requests left the machine: {self.strays}"

    def go(self, path: str) -> Page:
        """Opens a page of the console's: `users/ann`."""
        self.page.goto(f"/ui/{path}")
        return self.page

    def sign_in(self, account: str, name: str, password: str, code: str | None = None) -> Page:
        """Signs in as an IAM user; stops where something more is asked for than a code."""
        self.go("sign-in")
        self.page.get_by_label("Account ID (12 digits) or account alias").fill(account)
        self.page.get_by_label("IAM user name").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        if code is not None:
            self.page.get_by_label("MFA code").fill(code)
            self.page.get_by_role("button", name="Submit").click()
        return self.page

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it is shown now, each with the place."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {violation['help']}: {', '.join(node['html'][:120] for node in violation['nodes'][:4])}"
        for violation in found
    ]


def signed_up(root: Identity, name: str, *policies: str) -> None:
    """Makes a user with the password PASSWORD and these managed policies."""
    iam = root.client("iam")
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password=PASSWORD)
    for policy in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=policy)
