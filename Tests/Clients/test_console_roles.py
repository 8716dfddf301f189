"""The console's pages of roles."""

from __future__ import annotations

import json

import pytest

from harness import Identity, allow, error_of, policy, trust
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.saml import IdentityProvider
from harness.server import ACCOUNT

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
EVIL = '<script>document.title = "run"</script>'


@pytest.fixture
def idp() -> IdentityProvider:
    return IdentityProvider()


def trusted(root: Identity, name: str) -> dict[str, object]:
    return dict(root.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0])


def test_roles_of_each_kind_are_made(administrator: Person, root: Identity, idp: IdentityProvider) -> None:
    saml = root.iam.create_saml_provider(Name="Example", SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]
    oidc = root.iam.create_open_id_connect_provider(
        Url="https://idp.example.com", ClientIDList=["app"], ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    page = administrator.go("roles")
    page.get_by_role("link", name="Create role").click()

    def create(name: str) -> None:
        assert violations(page) == []
        page.get_by_label("Role name").fill(name)
        page.get_by_role("button", name="Create role").click()

    page.get_by_label("Service that may assume").fill("ec2.amazonaws.com")
    page.get_by_label("Permissions policies").fill("AmazonS3ReadOnlyAccess")
    page.get_by_label("Description").fill(EVIL)
    page.get_by_label("Maximum session duration").fill("7200")
    page.get_by_label("Tags").fill("team=blue")
    create("not a name")
    # What was typed is still there.
    assert page.get_by_label("Service that may assume").input_value() == "ec2.amazonaws.com"
    create("web")
    assert administrator.heading == "web" and "AmazonS3ReadOnlyAccess" in administrator.text
    role = root.iam.get_role(RoleName="web")["Role"]
    assert (role["MaxSessionDuration"], role["Description"], role["Tags"]) == (
        7200, EVIL, [{"Key": "team", "Value": "blue"}],
    )  # fmt: skip
    assert trusted(root, "web")["Principal"] == {"Service": "ec2.amazonaws.com"}

    administrator.go("create-role?trust=account")
    page.get_by_label("Account that may").fill("999900001111")
    page.get_by_label("External ID").fill("ours")
    page.get_by_label("Require MFA").check()
    create("auditor")
    assert trusted(root, "auditor") == {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999900001111:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "ours"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }

    administrator.go("create-role?trust=web")
    page.get_by_label("Identity provider", exact=True).select_option(oidc)
    create("pipeline")
    assert "Name the audience" in administrator.text
    page.get_by_label("Audience").fill("app")
    page.get_by_label("Subject").fill("repo:books/*:main")
    create("pipeline")
    assert trusted(root, "pipeline") == {
        "Effect": "Allow",
        "Principal": {"Federated": oidc},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"idp.example.com:aud": "app"},
            "StringLike": {"idp.example.com:sub": "repo:books/*:main"},
        },
    }

    administrator.go("create-role?trust=saml")
    page.get_by_label("Identity provider", exact=True).select_option(saml)
    create("people")
    assert trusted(root, "people")["Condition"] == {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}

    administrator.go("create-role?trust=custom")
    page.get_by_label("Trust policy").fill('{"Statement": []}')
    create("own")
    assert "MalformedPolicyDocument" in administrator.text
    page.get_by_label("Trust policy").fill(trust({"AWS": ROOT}))
    create("own")
    assert trusted(root, "own")["Principal"] == {"AWS": ROOT}

    administrator.go("roles?q=example")
    assert page.locator("tbody tr").count() == 2
    assert violations(page) == []


def test_a_role_to_its_end(administrator: Person, root: Identity) -> None:
    root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust({"AWS": ROOT}))
    root.iam.put_role_policy(RoleName="web", PolicyName="own", PolicyDocument=policy(allow("sts:*"), allow("iam:*")))
    root.iam.create_instance_profile(InstanceProfileName="web")
    root.iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    root.iam.create_user(UserName="ann")
    root.iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy(allow("sts:AssumeRole")))
    ann = Identity.of_key(root.url, root.iam.create_access_key(UserName="ann")["AccessKey"])
    given = ann.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/web", RoleSessionName="old")["Credentials"]
    session = Identity.of_session(root.url, given)
    session.iam.get_account_summary()

    page = administrator.go("roles")
    page.get_by_role("link", name="web", exact=True).click()
    assert f"arn:aws:iam::{ACCOUNT}:role/web" in administrator.text
    link = page.get_by_role("link", name="Switch role").last.get_attribute("href")
    assert link == f"/ui/switch-role?account={ACCOUNT}&roleName=web"
    assert page.get_by_role("link", name="own").get_attribute("href") == "/ui/policy-editor?role=web&inline=own"
    assert violations(page) == []
    # Attach from the long list, and detach.
    page.get_by_role("link", name="Attach policies").click()
    page.get_by_label("Find by name").fill("SecurityAudit")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("checkbox", name="SecurityAudit", exact=True).check()
    assert violations(page) == []
    page.get_by_role("button", name="Attach policies").click()
    attached = root.iam.list_attached_role_policies(RoleName="web")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["SecurityAudit"]
    page.get_by_role("button", name="Detach SecurityAudit").click()
    assert root.iam.list_attached_role_policies(RoleName="web")["AttachedPolicies"] == []
    # The boundary.
    page.get_by_label("Managed policy").fill("PowerUserAccess")
    page.get_by_role("button", name="Set boundary").click()
    boundary = root.iam.get_role(RoleName="web")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert boundary == "arn:aws:iam::aws:policy/PowerUserAccess" and boundary in administrator.text
    page.get_by_role("button", name="Remove boundary").click()
    assert "PermissionsBoundary" not in root.iam.get_role(RoleName="web")["Role"]
    # Trust, tags, last accessed.
    page.get_by_role("link", name="Trust relationships").click()
    assert ROOT in page.locator("tbody").inner_text()
    assert json.loads(page.locator("#json").inner_text())["Statement"][0]["Principal"] == {"AWS": ROOT}
    assert violations(page) == []
    page.get_by_role("link", name="Tags", exact=True).click()
    page.get_by_label("Key").fill("team")
    page.get_by_label("Value").fill("blue")
    page.get_by_role("button", name="Set the tag").click()
    assert root.iam.list_role_tags(RoleName="web")["Tags"] == [{"Key": "team", "Value": "blue"}]
    page.get_by_role("link", name="Last accessed").click()
    assert "AWS Identity and Access Management" in administrator.text
    assert violations(page) == []
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_label("Description").fill("Web servers")
    page.get_by_label("Maximum session duration").fill("43200")
    assert violations(page) == []
    page.get_by_role("button", name="Save").click()
    assert "12 hours" in administrator.text
    assert root.iam.get_role(RoleName="web")["Role"]["Description"] == "Web servers"
    # Sessions from before are stopped, new ones are not.
    page.get_by_role("link", name="Revoke sessions").click()
    assert violations(page) == []
    page.get_by_label("I know that").check()
    page.get_by_role("button", name="Revoke active sessions").click()
    revoked = root.iam.get_role_policy(RoleName="web", PolicyName="AWSRevokeOlderSessions")["PolicyDocument"]
    assert revoked["Statement"][0]["Condition"].keys() == {"DateLessThan"}
    assert error_of(session.iam.get_account_summary).code == "AccessDenied"
    # The end takes with it what the role has.
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_text("Delete the role").click()
    page.get_by_label("to confirm").fill("web")
    page.get_by_role("button", name="Delete role").click()
    assert "The role web was deleted." in administrator.text
    assert root.iam.list_instance_profiles()["InstanceProfiles"][0]["Roles"] == []


def test_somebody_who_may_nothing(person: Person, root: Identity) -> None:
    root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust({"AWS": ROOT}))
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    denied = {
        "roles": "ListRoles", "roles/web": "ListAttachedRolePolicies", "roles/web/trust": "GetRole",
        "roles/web/tags": "ListRoleTags", "roles/web/last-accessed": "GenerateServiceLastAccessedDetails",
        "roles/web/sessions": "GetRole", "roles/web/settings": "GetRole", "roles/web/attach": "ListPolicies",
        "create-role?trust=web": "ListOpenIDConnectProviders", "create-role?trust=saml": "ListSAMLProviders",
    }  # fmt: skip
    for address, action in denied.items():
        page = person.go(address)
        assert f"is not authorized to perform: iam:{action}" in person.text, address
        assert violations(page) == []
    person.go("create-role")
    person.page.get_by_label("Service that may assume").fill("ec2.amazonaws.com")
    person.page.get_by_label("Role name").fill("mine")
    person.page.get_by_role("button", name="Create role").click()
    assert "is not authorized to perform: iam:CreateRole" in person.text
    assert person.page.get_by_label("Role name").input_value() == "mine"
