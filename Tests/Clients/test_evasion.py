"""Ways around a policy that must not be ways: look-alike letters, chosen regions, exchanged identities."""

from __future__ import annotations

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy, raw, trust

KELVIN = "\u212a"  # Unicode's Kelvin sign; many comparisons of text take it for a K


def test_a_letter_that_looks_the_same_is_another(root: Identity, new_user) -> None:
    forbidden = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    chief = new_user(
        "chief",
        allow("iam:*"),
        deny("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": forbidden}}),
    )
    refused = error_of(chief.iam.attach_user_policy, UserName="chief", PolicyArn=forbidden)
    assert refused.code == "AccessDenied"
    lookalike = forbidden.replace("EKS", f"E{KELVIN}S")
    refused = error_of(chief.iam.attach_user_policy, UserName="chief", PolicyArn=lookalike)
    assert (refused.code, refused.message) == ("InvalidInput", f"ARN {lookalike} is not valid.")
    assert root.iam.list_attached_user_policies(UserName="chief")["AttachedPolicies"] == []


def test_iam_is_in_one_region_whichever_the_signature_names(cloud: Server, new_user) -> None:
    alice = new_user(
        "alice",
        allow("iam:*"),
        deny("iam:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    )
    for region in ("us-east-1", "eu-west-1"):
        request = raw.signed("POST", "/", raw.form("ListUsers"), alice, region=region)
        answer = raw.send(cloud.port, request)
        assert answer.status == 403 and "explicit deny" in answer.text, region


def test_a_source_identity_stays(cloud: Server, root: Identity, new_role, new_user) -> None:
    alice = new_user("alice")
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = new_role("first", trust(f"arn:aws:iam::{ACCOUNT}:user/alice", actions), allow(actions))
    second = new_role("second", trust(first, actions), allow("iam:ListUsers"))
    unset = new_role("unset", trust(first), allow("iam:ListUsers"))
    answer = alice.sts.assume_role(RoleArn=first, RoleSessionName="one", SourceIdentity="alice")
    assert answer["SourceIdentity"] == "alice"
    chained = Identity.of_session(cloud.url, answer["Credentials"])
    refused = error_of(chained.sts.assume_role, RoleArn=second, RoleSessionName="two", SourceIdentity="bob")
    assert refused.code == "AccessDenied"
    answer = chained.sts.assume_role(RoleArn=second, RoleSessionName="two")
    assert answer["SourceIdentity"] == "alice"
    # It is passed on only where that is allowed.
    refused = error_of(chained.sts.assume_role, RoleArn=unset, RoleSessionName="two")
    assert refused.code == "AccessDenied" and "sts:SetSourceIdentity" in refused.message


def test_a_role_is_chosen_by_its_tags(root: Identity, new_role, new_user) -> None:
    alice = new_user(
        "alice",
        allow("sts:AssumeRole", Condition={"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}),
    )
    root.iam.tag_user(UserName="alice", Tags=[{"Key": "team", "Value": "red"}])
    for team in ("red", "blue"):
        arn = new_role(team, trust(f"arn:aws:iam::{ACCOUNT}:root"))
        root.iam.tag_role(RoleName=team, Tags=[{"Key": "Team", "Value": team}])
    assert alice.sts.assume_role(RoleArn=arn.replace("blue", "red"), RoleSessionName="session")["Credentials"]
    assert error_of(alice.sts.assume_role, RoleArn=arn, RoleSessionName="session").code == "AccessDenied"


def test_denials_do_not_tell_what_exists(root: Identity, new_user) -> None:
    root.iam.create_user(UserName="Secret", Path="/hidden/")
    curious = new_user("curious")
    there = error_of(curious.iam.get_user, UserName="SECRET")
    absent = error_of(curious.iam.get_user, UserName="ABSENT")
    assert (there.code, absent.code) == ("AccessDenied", "AccessDenied")
    assert there.message.replace("SECRET", "ABSENT") == absent.message


def test_tags_need_their_own_permission_on_every_resource(root: Identity, new_user) -> None:
    maker = new_user("maker", allow("iam:*"), deny(["iam:TagRole", "iam:TagPolicy", "iam:TagInstanceProfile"]))
    tags = [{"Key": "team", "Value": "red"}]
    document = policy(allow("s3:ListBucket"))
    for call, parameters in (
        (maker.iam.create_role, {"RoleName": "r", "AssumeRolePolicyDocument": trust(f"arn:aws:iam::{ACCOUNT}:root")}),
        (maker.iam.create_policy, {"PolicyName": "p", "PolicyDocument": document}),
        (maker.iam.create_instance_profile, {"InstanceProfileName": "i"}),
    ):
        assert error_of(call, **parameters, Tags=tags).code == "AccessDenied", call
        call(**parameters)


def test_a_session_without_mfa_is_recorded_where_it_is_refused(cloud: Server, trail, new_user) -> None:
    alice = new_user("alice", allow("iam:*"))
    plain = Identity.of_session(cloud.url, alice.sts.get_session_token()["Credentials"])
    refused = error_of(plain.iam.list_users)
    assert (refused.code, refused.status) == ("InvalidClientTokenId", 403)
    assert error_of(plain.sts.get_access_key_info, AccessKeyId=alice.key_id).code == "AccessDenied"
    event = trail.of(refused)
    assert event["errorCode"] == "InvalidClientTokenId" and event["eventName"] == "ListUsers"
