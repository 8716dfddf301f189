"""The console's pages of identity providers."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from harness import Identity
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.saml import IdentityProvider
from harness.server import ACCOUNT


@pytest.fixture
def idp() -> IdentityProvider:
    return IdentityProvider()


def test_an_openid_provider(administrator: Person, root: Identity) -> None:
    page = administrator.go("identity-providers")
    assert "There is none." in administrator.text and violations(page) == []
    page.get_by_role("link", name="Add provider").click()
    assert violations(page) == []
    page.get_by_label("Provider URL").fill("https://idp.example.com")
    page.get_by_label("Audiences").fill("one\ntwo")
    page.get_by_label("Thumbprints").fill("zz")
    page.get_by_role("button", name="Add provider").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("Thumbprints").fill("a" * 40)
    page.get_by_role("button", name="Add provider").click()
    assert administrator.heading == "idp.example.com"
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com"
    assert arn in administrator.text and violations(page) == []
    page.get_by_role("button", name="Remove the audience one").click()
    page.get_by_label("Another audience").fill('<img src=x onerror="alert(1)">')
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Of the certificates").fill("b" * 40 + "\n" + "c" * 40)
    page.get_by_role("button", name="Replace the thumbprints").click()
    page.get_by_label("Key").fill("team")
    page.get_by_label("Value").fill("blue")
    page.get_by_role("button", name="Set the tag").click()
    provider = root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert provider["ClientIDList"] == ["two", '<img src=x onerror="alert(1)">']
    assert provider["ThumbprintList"] == ["b" * 40, "c" * 40]
    assert provider["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert page.locator("main img").count() == 0 and violations(page) == []
    page.get_by_role("link", name="Create a role for it").click()
    assert page.get_by_label("Identity provider", exact=True).input_value() == arn
    page.go_back()
    page.get_by_text("Delete the provider").click()
    page.get_by_label("to confirm").fill("delete")
    page.get_by_role("button", name="Delete provider").click()
    assert "There is none." in administrator.text
    assert root.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_a_saml_provider(administrator: Person, root: Identity, idp: IdentityProvider, tmp_path: Path) -> None:
    file = tmp_path / "metadata.xml"
    file.write_text(idp.metadata())
    page = administrator.go("create-identity-provider?type=saml")
    page.get_by_label("Provider name").fill("Example")
    page.get_by_label("Metadata document").fill("<nonsense>")
    page.get_by_role("button", name="Add provider").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("From a file").set_input_files(file)
    expect(page.get_by_label("Metadata document")).to_have_value(re.compile("EntityDescriptor"))
    assert violations(page) == []
    page.get_by_role("button", name="Add provider").click()
    assert administrator.heading == "Example" and violations(page) == []
    arn = f"arn:aws:iam::{ACCOUNT}:saml-provider/Example"
    # The markup of the metadata is text.
    assert "EntityDescriptor" in page.locator("pre").first.inner_text()
    other = IdentityProvider().metadata()
    page.get_by_label("New metadata document").fill(other)
    page.get_by_role("button", name="Replace the metadata").click()
    assert "The metadata was replaced." in administrator.text
    assert root.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"].split() == other.split()
    page.get_by_text("Delete the provider").click()
    page.get_by_label("to confirm").fill("delete")
    page.get_by_role("button", name="Delete provider").click()
    assert root.iam.list_saml_providers()["SAMLProviderList"] == []


def test_somebody_who_may_nothing(person: Person, root: Identity, idp: IdentityProvider) -> None:
    saml = root.iam.create_saml_provider(Name="Example", SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]
    oidc = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com"
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    for address, actions in {
        "identity-providers": ["ListSAMLProviders", "ListOpenIDConnectProviders"],
        "identity-providers/" + quote(saml, safe=""): ["GetSAMLProvider"],
        "identity-providers/" + quote(oidc, safe=""): ["GetOpenIDConnectProvider"],
    }.items():
        page = person.go(address)
        for action in actions:
            assert f"is not authorized to perform: iam:{action}" in person.text, address
        assert violations(page) == []
    person.go("create-identity-provider")
    person.page.get_by_label("Provider URL").fill("https://idp.example.com")
    person.page.get_by_role("button", name="Add provider").click()
    assert "is not authorized to perform: iam:CreateOpenIDConnectProvider" in person.text
    assert person.page.get_by_label("Provider URL").input_value() == "https://idp.example.com"
