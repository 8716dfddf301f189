"""Coming in to the console from an identity provider, by SAML."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from harness import ACCOUNT, Identity, Server, Trail, policy
from harness.browser import Person, violations
from harness.saml import IdentityProvider

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Example"


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def post(person: Person, response: str, relay: str = "", path: str = "/saml") -> None:
    """What a provider's page has a browser do: a form that is posted from another site."""
    form = (
        f'<form method="post" action="{person.base}{path}"><input name="SAMLResponse" value="{escape(response)}">'
        f'<input name="RelayState" value="{escape(relay)}"><button>Go</button></form>'
    )
    person.page.goto("data:text/html," + form.replace("#", "%23").replace("+", "%2B"))
    person.page.get_by_role("button", name="Go").click()


def test_signing_in_by_saml(new_person: Callable[..., Person], cloud: Server, root: Identity, trail: Trail) -> None:
    idp = IdentityProvider()
    root.iam.create_saml_provider(Name="Example", SAMLMetadataDocument=idp.metadata())
    trust = policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        }
    )
    for name in ("Reader", "Writer"):
        root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        root.iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")

    def response(*roles: str, **more: object) -> str:
        offered = {"Role": [f"{role(name)},{PROVIDER}" for name in roles], "RoleSessionName": "alice"}
        return idp.response(offered, **more)  # type: ignore[arg-type]

    person = new_person()
    # The assertion may be for AWS's address, or for this server's own.
    post(person, response("Reader", recipient=f"http://127.0.0.1:{cloud.port}/saml"), "/ui/home")
    person.page.wait_for_url("**/ui/home")
    assert person.heading == "Home"
    person.page.locator("summary").click()
    assert f"assumed-role/Reader/alice" in person.page.locator(".panel").inner_text()
    login = trail.named("ConsoleLogin")
    assert login["userIdentity"]["type"] == "AssumedRole"
    assert login["additionalEventData"]["SamlProviderArn"] == PROVIDER
    assert trail.named("GetAccountSummary")["userIdentity"]["arn"].endswith("assumed-role/Reader/alice")

    chooser = new_person()
    post(chooser, response("Reader", "Writer"), "https://evil.example/")
    assert chooser.heading == "Select a role"
    assert violations(chooser.page) == []
    chooser.page.get_by_label(role("Writer")).check()
    chooser.page.get_by_role("button", name="Sign in").click()
    chooser.page.wait_for_url("**/ui/")
    assert chooser.heading == "Home"

    # What is not proved lets nobody in.
    refused = new_person()
    for bad in (
        response("Reader", sign=""),
        response("Nobody"),
        response("Reader", audience="https://other.example/"),
        response("Reader", recipient="https://other.example/saml"),
        IdentityProvider().response({"Role": f"{role('Reader')},{PROVIDER}", "RoleSessionName": "alice"}),
        "AAAA",
    ):
        post(refused, bad)
        assert refused.heading == "This did not work", refused.text
        refused.go("home")
        assert refused.heading == "Sign in as IAM user"
