"""From a denial to its cause: a decision drawn, down to the statement and its conditions."""

from __future__ import annotations

import json
from collections.abc import Callable

from botocore.exceptions import ClientError
from harness import Identity, Server, deny, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.organizations import NewOrganization
from harness.server import ACCOUNT


def denied(call: Callable[[], object]) -> str:
    """Has a call denied; the request's id."""
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"].startswith("AccessDenied"), error
        return error.response["ResponseMetadata"]["RequestId"]
    raise AssertionError("it was allowed")


def test_an_explicit_deny_down_to_its_condition(
    administrator: Person, new_user: Callable[..., Identity]
) -> None:
    ann = new_user(
        "ann",
        {"Sid": "Read", "Effect": "Allow", "Action": "iam:List*", "Resource": "*"},
        {
            "Sid": "AtHome",
            "Effect": "Deny",
            "Action": "iam:ListUsers",
            "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        },
    )
    request = denied(lambda: ann.client("iam").list_users())
    page = administrator.go(f"why/{request}")
    assert administrator.heading == "ListUsers was denied"
    assert "with an explicit deny in an identity-based policy" in administrator.text
    stage = page.locator(".stage.decisive")
    assert "Identity-based policies" in stage.inner_text()
    assert "Denies it explicitly" in stage.inner_text()
    deciding = stage.locator(".deciding")
    assert 'statement 2 "AtHome"' in deciding.inner_text()
    assert "NotIpAddress aws:SourceIp" in deciding.inner_text() and "127.0.0.1" in deciding.inner_text()
    assert page.get_by_text('statement 1 "Read"').count() == 1
    assert violations(page) == []


def test_what_had_to_allow_and_did_not(
    administrator: Person, root: Identity, new_user: Callable[..., Identity]
) -> None:
    iam = root.client("iam")
    boundary = iam.create_policy(
        PolicyName="limits",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
        ),
    )["Policy"]["Arn"]
    ann = new_user("ann", {"Effect": "Allow", "Action": "*", "Resource": "*"}, PermissionsBoundary=boundary)
    request = denied(lambda: ann.client("iam").list_users())
    page = administrator.go(f"why/{request}")
    assert "Permissions boundary" in page.locator(".stage.decisive").inner_text()
    assert "No statement allows it" in page.locator(".stage.decisive").inner_text()
    identity = page.locator(".stage").filter(has_text="Identity-based policies")
    assert "Allows it" in identity.inner_text()
    # The boundary is gone, and the record says what was decided then.
    iam.delete_user_permissions_boundary(UserName="ann")
    administrator.page.reload()
    assert "limits" in page.locator(".stage.decisive").inner_text()

    allowed = ann.client("iam").list_users()["ResponseMetadata"]["RequestId"]
    administrator.go(f"why/{allowed}")
    assert administrator.heading == "ListUsers succeeded"
    assert "Allowed it" in page.locator(".stage.decisive").inner_text()
    assert violations(page) == []


def test_ones_own_denial(person: Person, root: Identity) -> None:
    """Without LookupEvents one sees what the call was answered, and the message that others can read; nothing more."""
    signed_up(root, "ann")
    iam = root.client("iam")
    iam.put_user_policy(
        UserName="ann",
        PolicyName="secret-policy",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Sid": "Hidden", "Effect": "Deny", "Action": "iam:GetAccountSummary", "Resource": "*"},
            }
        ),
    )
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    page = person.page
    page.get_by_role("link", name="Why, and what would change it").click()
    assert person.heading == "GetAccountSummary was denied"
    assert "with an explicit deny in an identity-based policy" in person.text
    assert "cloudtrail:LookupEvents" in person.text
    content = page.content()
    assert "secret-policy" not in content and "Hidden" not in content
    assert page.locator(".stage").count() == 0
    assert violations(page) == []
    # The message can be read by who may.
    message = page.locator("pre code").first.inner_text()
    decoded = root.client("sts").decode_authorization_message(EncodedMessage=message)["DecodedMessage"]
    assert json.loads(decoded)["matchedStatements"]["items"][0]["statementId"] == "Hidden"
    page.get_by_role("link", name="Decode it").click()
    assert "sts:DecodeAuthorizationMessage" in person.text
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AWSCloudTrail_ReadOnlyAccess")
    page.reload()
    assert 'statement 1 "Hidden"' in page.locator(".deciding").inner_text()


def test_a_denial_of_another_session_is_not_ones_own(
    person: Person, root: Identity, new_user: Callable[..., Identity]
) -> None:
    """The same user's calls with an access key: whoever has the browser need not be who has the key."""
    ann = new_user("ann")
    root.client("iam").create_login_profile(UserName="ann", Password=PASSWORD)
    request = denied(lambda: ann.client("iam").list_users())
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    person.go(f"why/{request}")
    assert person.heading == "You may not do this"
    assert "iam:ListUsers" not in person.text


def test_statements_of_another_account_stay_its_own(administrator: Person, cloud: Server) -> None:
    """A bucket's policy is for its owner to see, also where it denies somebody of this account."""
    organization = NewOrganization(cloud)
    s3 = organization.member("other").root_user().client("s3")
    s3.create_bucket(Bucket="others-bucket")
    s3.put_bucket_policy(
        Bucket="others-bucket",
        Policy=policy(
            deny(
                "s3:GetBucketTagging",
                "arn:aws:s3:::others-bucket",
                Sid="NotToBeSeen",
                Principal={"AWS": organization.organizer.sts.get_caller_identity()["Arn"]},
                Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.77/32"}},
            )
        ),
    )
    request = denied(lambda: organization.organizer.client("s3").get_bucket_tagging(Bucket="others-bucket"))
    page = administrator.go(f"why/{request}")
    stage = administrator.page.locator(".stage.decisive")
    assert "Denies it explicitly" in stage.inner_text()
    assert "what stands in it is for its owner to see" in stage.inner_text()
    assert "Meet a condition of another account's policy" in administrator.text
    # Neither the policy, nor what could be read from it: how the call would have to be made.
    assert "NotToBeSeen" not in page.content() and "203.0.113.77" not in page.content()


def test_from_the_denial_to_the_smallest_change(
    administrator: Person, root: Identity, new_user: Callable[..., Identity]
) -> None:
    ann = new_user("ann", {"Sid": "Own", "Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"})
    request = denied(lambda: ann.client("iam").list_users())
    page = administrator.go(f"why/{request}")
    first = page.get_by_role("region", name="Remedy 1")
    assert "Add a statement to the inline policy own of user ann" in first.inner_text()
    assert "Allows this call only" in first.inner_text() and "Tried: allowed" in first.inner_text()
    assert "iam:ListUsers" in first.locator("pre").first.inner_text()
    first.get_by_text("AWS CLI").click()
    assert "aws iam put-user-policy --user-name ann --policy-name own" in first.inner_text()
    assert violations(page) == []
    page.on("dialog", lambda dialog: dialog.accept())
    first.get_by_role("button", name="Make this change").click()
    page.get_by_text("Tried again by simulation, it is allowed now.").wait_for()
    assert "It would be allowed now." in administrator.text
    assert ann.client("iam").list_users()["Users"]
    document = root.client("iam").get_user_policy(UserName="ann", PolicyName="own")["PolicyDocument"]
    assert [statement["Action"] for statement in document["Statement"]] == ["iam:GetUser", "iam:ListUsers"]


def test_a_remedy_is_made_through_the_gate(person: Person, root: Identity, new_user: Callable[..., Identity]) -> None:
    """Who may look events up sees what would help; to make the change takes the permission for it, and to see the whole
    policy that for reading it."""
    bob = new_user("bob", {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"})
    request = denied(lambda: bob.client("iam").list_users())
    signed_up(root, "ann", "arn:aws:iam::aws:policy/AWSCloudTrail_ReadOnlyAccess")
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    page = person.go(f"why/{request}")
    first = page.get_by_role("region", name="Remedy 1")
    assert "which you may not read" in first.inner_text()
    assert "iam:GetUser" not in first.locator("pre").all_inner_texts()[0]
    page.on("dialog", lambda dialog: dialog.accept())
    first.get_by_role("button", name="Make this change").click()
    page.get_by_text("iam:PutUserPolicy").first.wait_for()
    assert person.heading == "You may not do this"
    denied(lambda: bob.client("iam").list_users())
