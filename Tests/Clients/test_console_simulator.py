"""The simulator: decisions that are only thought of, drawn, and what would change them."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlencode

from harness import Identity, Server, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.organizations import NewOrganization
from harness.server import ACCOUNT
from playwright.sync_api import Locator

LISTING = {"Sid": "Listing", "Effect": "Allow", "Action": "iam:List*", "Resource": "*"}
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


def address(principal: str, action: str, resource: str = "", *context: str) -> str:
    fields = [("principal", principal), ("action", action), ("resource", resource)]
    return "simulator?" + urlencode([*fields, *(("context", each) for each in context)])


def decisive(person: Person) -> Locator:
    return person.page.locator(".stage.decisive")


def result(person: Person) -> str:
    return person.page.locator("dt:has-text('Result') + dd").inner_text()


def agrees(person: Person) -> None:
    """Both ways to the decision come to the same."""
    assert "The two ways to this decision differ" not in person.text
    assert person.page.get_by_text("the two decisions differ").count() == 0


def test_a_question_and_its_answer(new_person: Callable[..., Person], root: Identity, new_user: Callable[..., Identity]) -> None:
    """The whole path, without a script."""
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    administrator = new_person(script=False)
    administrator.sign_in(ACCOUNT, "admin", PASSWORD)
    new_user("ann", LISTING, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}})
    page = administrator.go("users/ann")
    page.get_by_role("link", name="Simulate").click()
    assert administrator.heading == "Simulator"
    assert page.get_by_label("Principal", exact=True).input_value() == ANN
    # The key that the policies name has a field.
    assert page.get_by_label("aws:PrincipalTag/team").count() == 1
    page.get_by_text("Look for actions").click()
    page.get_by_label("A service, a part of a name").fill("iam:ListUse*")
    page.get_by_role("button", name="Find").click()
    page.get_by_label("iam:ListUsers").check()
    page.get_by_role("button", name="Simulate").click()
    assert result(administrator) == "allowed"
    assert "Identity-based policies" in decisive(administrator).inner_text()
    assert 'statement 1 "Listing"' in page.locator(".deciding").inner_text()
    agrees(administrator)
    # The address says it all.
    assert "principal=" in page.url and "action=iam%3AListUsers" in page.url
    page.goto(page.url)
    assert result(administrator) == "allowed"
    # Several at once; the denied one is drawn.
    page.get_by_label("Actions", exact=True).fill("iam:ListUsers\niam:CreateUser")
    page.get_by_role("button", name="Simulate").click()
    assert page.locator("tbody tr").all_inner_texts() == [
        "iam:ListUsers\t✓ allowed",
        "iam:CreateUser drawn below\t✕ implicitDeny",
    ]
    assert f"User: {ANN} is not authorized to perform: iam:CreateUser because no identity-based policy allows" in (
        administrator.text
    )
    agrees(administrator)
    # A policy that is tried: in addition, and instead.
    page.get_by_text("Try a policy").click()
    page.get_by_label("Policy", exact=True).fill(policy({"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}))
    page.get_by_role("button", name="Simulate").click()
    assert "iam:CreateUser\t✓ allowed" in "\n".join(page.locator("tbody tr").all_inner_texts())
    agrees(administrator)
    page.get_by_label("It is tried").select_option("instead")
    page.get_by_role("button", name="Simulate").click()
    assert page.locator("tbody tr").all_inner_texts() == [
        "iam:ListUsers drawn below\t✕ implicitDeny\tallowed",
        "iam:CreateUser\t✓ allowed\timplicitDeny",
    ]
    agrees(administrator)
    page.get_by_label("Policy", exact=True).fill("{")
    page.get_by_role("button", name="Simulate").click()
    assert page.locator(".problem").count() == 1
    assert page.get_by_label("Policy", exact=True).input_value() == "{"


def test_who_stops_it(administrator: Person, root: Identity, new_user: Callable[..., Identity]) -> None:
    """Identity-based policy, boundary, resource policy and condition, and a change that helps."""
    page = administrator.page
    iam, s3 = root.client("iam"), root.client("s3")
    boundary = iam.create_policy(
        PolicyName="limits", PolicyDocument=policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    )["Policy"]["Arn"]
    ann = new_user(
        "ann",
        {
            "Sid": "AtHome",
            "Effect": "Allow",
            "Action": "iam:GetUser",
            "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        LISTING,
    )
    # A condition.
    administrator.go(address(ANN, "iam:GetUser", ANN, "aws:SourceIp=127.0.0.1"))
    assert result(administrator) == "implicitDeny"
    assert "had 127.0.0.1, wants IpAddress 10.0.0.0/8" in decisive(administrator).inner_text()
    assert violations(page) == []
    agrees(administrator)
    administrator.go(address(ANN, "iam:GetUser", ANN, "aws:SourceIp=10.1.2.3"))
    assert result(administrator) == "allowed"
    agrees(administrator)
    # No policy of ann's; and what helps is made, and tried again.
    administrator.go(address(ANN, "iam:DeleteUser", ANN))
    assert "No statement allows it" in decisive(administrator).inner_text()
    first = page.get_by_role("region", name="Remedy 1")
    assert "Tried: allowed" in first.inner_text()
    page.on("dialog", lambda dialog: dialog.accept())
    first.get_by_role("button", name="Make this change").click()
    page.get_by_text("It was tried again").wait_for()
    assert result(administrator) == "allowed"
    assert "iam:DeleteUser" in json.dumps(iam.get_user_policy(UserName="ann", PolicyName="own")["PolicyDocument"])
    # A bucket's policy denies.
    s3.create_bucket(Bucket="guarded")
    s3.put_bucket_policy(
        Bucket="guarded",
        Policy=policy(
            {
                "Sid": "<script>alert(1)</script>",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::guarded/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ),
    )
    administrator.go(address(ANN, "s3:GetObject", "arn:aws:s3:::guarded/k", "aws:SecureTransport=false"))
    assert result(administrator) == "explicitDeny"
    assert "explicit deny in a resource-based policy" in administrator.text
    assert "<script>alert(1)</script>" in page.locator(".deciding").first.inner_text()
    assert violations(page) == []
    agrees(administrator)
    # The boundary.
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=boundary)
    administrator.go(address(ANN, "iam:ListUsers"))
    assert result(administrator) == "implicitDeny"
    assert "Permissions boundary" in decisive(administrator).inner_text()
    agrees(administrator)
    # From an event.
    try:
        ann.client("iam").list_users()
        raise AssertionError("it was allowed")
    except ann.client("iam").exceptions.ClientError as error:
        request = error.response["ResponseMetadata"]["RequestId"]
    administrator.go(f"why/{request}")
    page.get_by_role("link", name="Try it again").click()
    assert administrator.heading == "Simulator"
    assert page.get_by_label("aws:SourceIp").input_value() == "127.0.0.1"
    assert "Permissions boundary" in decisive(administrator).inner_text()


def test_all_kinds_of_principals(administrator: Person, root: Identity) -> None:
    page = administrator.page
    iam = root.client("iam")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="worker", Path="/jobs/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="worker", PolicyName="own", PolicyDocument=policy(LISTING))
    group = iam.create_group(GroupName="people")["Group"]["Arn"]
    iam.put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=policy(LISTING))
    for principal in (role, group, f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/session"):
        for action, expected in (("iam:ListUsers", "allowed"), ("iam:CreateUser", "implicitDeny")):
            administrator.go(address(principal, action))
            assert result(administrator) == expected, principal
            agrees(administrator)
    # Where the resource has its say: a role's trust policy, a key's, and a bucket's, which AWS's simulator knows of only
    # where a user asks.
    admin = f"arn:aws:iam::{ACCOUNT}:user/admin"
    key = root.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = root.client("s3")
    s3.create_bucket(Bucket="shared")
    s3.put_bucket_policy(
        Bucket="shared",
        Policy=policy(
            {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shared/*"}
        ),
    )
    for principal, action, resource, expected in (
        (admin, "sts:AssumeRole", role, "allowed"),
        (admin, "kms:Decrypt", key, "allowed"),
        (role, "kms:Decrypt", key, "implicitDeny"),
        (admin, "s3:GetObject", "arn:aws:s3:::shared/k", "allowed"),
        (role, "s3:GetObject", "arn:aws:s3:::shared/k", "allowed"),
    ):
        administrator.go(address(principal, action, resource))
        assert result(administrator) == expected, (principal, action)
        agrees(administrator)
    assert "iam:SimulatePrincipalPolicy answers implicitDeny" in administrator.text
    administrator.go(address(f"arn:aws:iam::{ACCOUNT}:root", "iam:CreateUser"))
    assert result(administrator) == "allowed"
    assert "takes no root user" in administrator.text
    administrator.go("roles/worker")
    page.get_by_role("link", name="Simulate").click()
    assert page.get_by_label("Principal", exact=True).input_value() == role
    page.get_by_role("link", name="As me").click()
    assert page.get_by_label("Principal", exact=True).input_value() == f"arn:aws:iam::{ACCOUNT}:user/admin"
    assert page.get_by_label("aws:MultiFactorAuthPresent").input_value() == "false"
    # Nobody of this account.
    administrator.go(address("arn:aws:iam::999999999999:user/ann", "iam:ListUsers"))
    assert page.locator(".stage").count() == 0
    assert page.locator(".problem").count() == 1


def test_what_an_organization_says(new_person: Callable[..., Person], cloud: Server) -> None:
    """A member account sees that a service control policy denies, and its ARN, as in AWS's error texts; not what is in it."""
    organization = NewOrganization(cloud)
    organization.api.enable_policy_type(RootId=organization.root_id, PolicyType="SERVICE_CONTROL_POLICY")
    member = organization.member("Member")
    root = member.root_user()
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    person = new_person()
    person.sign_in(member.account, "admin", PASSWORD)
    arn = f"arn:aws:iam::{member.account}:user/admin"
    made = organization.policy(
        policy({"Sid": "HiddenFromMembers", "Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"})
    )
    organization.attach(made, member.account)
    person.go(address(arn, "iam:CreateUser"))
    assert result(person) == "explicitDeny"
    stages = person.page.locator(".stages").inner_text()
    assert made in stages
    assert "Denies it explicitly" in person.page.locator(".stage").filter(has_text="Service control policies").inner_text()
    assert "HiddenFromMembers" not in person.page.content()
    agrees(person)
    assert violations(person.page) == []


def test_only_who_may_simulate_sees(person: Person, root: Identity, new_user: Callable[..., Identity]) -> None:
    new_user("bob", {"Sid": "Secret", "Effect": "Allow", "Action": "iam:List*", "Resource": "*"})
    signed_up(root, "ann")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    person.go("simulator")
    assert person.heading == "Simulator"
    page = person.go(address(f"arn:aws:iam::{ACCOUNT}:user/bob", "iam:ListUsers"))
    assert "iam:SimulatePrincipalPolicy" in person.text
    assert page.locator(".stage").count() == 0 and "Secret" not in page.content()
    assert violations(page) == []
    # A resource's policy is for who may read it.
    s3 = root.client("s3")
    s3.create_bucket(Bucket="others")
    s3.put_bucket_policy(
        Bucket="others",
        Policy=policy(
            {
                "Sid": "BucketSecret",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::others/*",
            }
        ),
    )
    root.client("iam").put_user_policy(
        UserName="ann",
        PolicyName="own",
        PolicyDocument=policy({"Effect": "Allow", "Action": "iam:Simulate*", "Resource": "*"}),
    )
    page = person.go(address(f"arn:aws:iam::{ACCOUNT}:user/bob", "s3:GetObject", "arn:aws:s3:::others/k"))
    assert result(person) == "implicitDeny"
    assert "you may not read it" in person.text and "BucketSecret" not in page.content()
    agrees(person)
    assert violations(page) == []
