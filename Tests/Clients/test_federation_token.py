"""GetFederationToken: sessions of people whom a user vouches for."""

from datetime import datetime, timedelta, UTC
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, policy

LOOKUP = {"Effect": "Allow", "Action": "cloudtrail:LookupEvents", "Resource": "*"}
EVERYTHING = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
GUEST = f"arn:aws:sts::{ACCOUNT}:federated-user/guest"
MAY_FEDERATE = {"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": GUEST}


def session(cloud: Server, parent: Identity, name: str = "guest", **parameters: Any) -> Identity:
    answer = parent.sts.get_federation_token(Name=name, **parameters)
    return Identity.of_session(cloud.url, answer["Credentials"])


def test_with_the_cli(cloud: Server, root: Identity, new_user, trail: Trail) -> None:
    proxy = new_user("proxy", MAY_FEDERATE, LOOKUP)
    answer = proxy.aws("sts", "get-federation-token", "--name", "guest", "--policy", EVERYTHING)
    assert answer["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:guest", "Arn": GUEST}
    assert 0 < answer["PackedPolicySize"] <= 100
    left = datetime.fromisoformat(answer["Credentials"]["Expiration"]) - datetime.now(UTC)
    assert timedelta(hours=11, minutes=55) < left <= timedelta(hours=12, seconds=5)

    guest = Identity.of_session(cloud.url, answer["Credentials"])
    assert guest.aws("sts get-caller-identity") == {"UserId": f"{ACCOUNT}:guest", "Account": ACCOUNT, "Arn": GUEST}
    assert guest.aws("cloudtrail lookup-events --max-results 1")["Events"]
    # Another name is another resource.
    refused = proxy.aws_refused("sts get-federation-token --name stranger")
    assert refused.code == "AccessDenied"
    assert refused.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/proxy is not authorized to perform: sts:GetFederationToken on resource: "
        f"arn:aws:sts::{ACCOUNT}:federated-user/stranger because no identity-based policy allows the "
        "sts:GetFederationToken action"
    )

    made = trail.named("GetFederationToken", errorCode=None)
    assert made["requestParameters"]["name"] == "guest"
    assert made["responseElements"]["federatedUser"]["arn"] == GUEST
    assert answer["Credentials"]["SecretAccessKey"] not in str(made)
    assert answer["Credentials"]["SessionToken"] not in str(made)
    user = root.iam.get_user(UserName="proxy")["User"]
    identity = trail.of(guest.sts.get_caller_identity())["userIdentity"]
    assert identity["type"] == "FederatedUser"
    assert identity["principalId"] == f"{ACCOUNT}:guest"
    assert identity["arn"] == GUEST
    assert identity["accessKeyId"] == answer["Credentials"]["AccessKeyId"]
    assert identity["sessionContext"]["sessionIssuer"] == {
        "type": "IAMUser",
        "principalId": user["UserId"],
        "arn": user["Arn"],
        "accountId": ACCOUNT,
        "userName": "proxy",
    }


def test_what_both_the_user_and_the_session_policy_allow(cloud: Server, root: Identity, new_user) -> None:
    proxy = new_user("proxy", MAY_FEDERATE, LOOKUP)
    denial = f"User: {GUEST} is not authorized to perform: cloudtrail:LookupEvents because no "

    # Without a session policy only resource-based policies grant anything.
    bare = session(cloud, proxy)
    assert error_of(bare.cloudtrail.lookup_events).message == (
        denial + "session policy allows the cloudtrail:LookupEvents action"
    )
    narrow = session(cloud, proxy, Policy=policy(allow("s3:*")))
    assert "because no session policy allows" in error_of(narrow.cloudtrail.lookup_events).message
    managed = session(cloud, proxy, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}])
    managed.cloudtrail.lookup_events()
    wide = session(cloud, proxy, Policy=EVERYTHING)
    wide.cloudtrail.lookup_events()

    # What the user may not, the session may not; and it follows the user.
    root.iam.put_user_policy(UserName="proxy", PolicyName="own", PolicyDocument=policy(MAY_FEDERATE))
    assert error_of(wide.cloudtrail.lookup_events).message == (
        denial + "identity-based policy allows the cloudtrail:LookupEvents action"
    )
    root.iam.put_user_policy(UserName="proxy", PolicyName="own", PolicyDocument=EVERYTHING)
    wide.cloudtrail.lookup_events()
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    root.iam.put_user_permissions_boundary(UserName="proxy", PermissionsBoundary=boundary)
    assert "because no permissions boundary allows" in error_of(wide.cloudtrail.lookup_events).message

    # The session dies with the user.
    key = root.iam.list_access_keys(UserName="proxy")["AccessKeyMetadata"][0]["AccessKeyId"]
    root.iam.delete_access_key(UserName="proxy", AccessKeyId=key)
    root.iam.delete_user_policy(UserName="proxy", PolicyName="own")
    root.iam.delete_user_permissions_boundary(UserName="proxy")
    root.iam.delete_user(UserName="proxy")
    assert error_of(wide.sts.get_caller_identity).code == "InvalidClientTokenId"


def test_condition_keys_and_tags(cloud: Server, root: Identity, new_user) -> None:
    proxy = new_user("proxy", MAY_FEDERATE, Tags=[{"Key": "team", "Value": "red"}, {"Key": "site", "Value": "here"}])
    tags = [{"Key": "Team", "Value": "blue"}]

    # Tags need a permission of their own, which may depend on them.
    refused = error_of(proxy.sts.get_federation_token, Name="guest", Tags=tags)
    assert refused.code == "AccessDenied" and "sts:TagSession" in refused.message
    condition = {"StringEquals": {"aws:RequestTag/team": ["blue", "green"]}}
    tag = {"Effect": "Allow", "Action": "sts:TagSession", "Resource": "*", "Condition": condition}
    keys = {
        "aws:PrincipalTag/team": "blue",
        "aws:PrincipalTag/site": "here",
        "aws:PrincipalType": "FederatedUser",
        "aws:userid": f"{ACCOUNT}:guest",
        "aws:PrincipalArn": GUEST,
    }
    lookup = LOOKUP | {"Condition": {"StringEquals": keys, "Null": {"aws:username": "true"}}}
    root.iam.put_user_policy(
        UserName="proxy", PolicyName="own", PolicyDocument=policy(MAY_FEDERATE, tag, lookup)
    )
    session(cloud, proxy, Tags=tags, Policy=EVERYTHING).cloudtrail.lookup_events()
    other = [{"Key": "team", "Value": "green"}]
    assert error_of(session(cloud, proxy, Tags=other, Policy=EVERYTHING).cloudtrail.lookup_events).code in (
        "AccessDenied", "AccessDeniedException",
    )
    assert "sts:TagSession" in error_of(
        proxy.sts.get_federation_token, Name="guest", Tags=[{"Key": "team", "Value": "red"}]
    ).message
    twice = [{"Key": "team", "Value": "blue"}, {"Key": "TEAM", "Value": "blue"}]
    assert error_of(proxy.sts.get_federation_token, Name="guest", Tags=twice).code == "InvalidParameterValue"


def test_what_such_sessions_may_not_call(cloud: Server, new_user) -> None:
    guest = session(cloud, new_user("proxy", managed="AdministratorAccess"), Policy=EVERYTHING)
    unknown = error_of(guest.iam.list_users)
    assert (unknown.code, unknown.status) == ("InvalidClientTokenId", 403)
    assert unknown.message == "The security token included in the request is invalid."
    role = f"arn:aws:iam::{ACCOUNT}:role/any"
    for call, parameters in (
        (guest.sts.get_session_token, {}),
        (guest.sts.get_federation_token, {"Name": "guest"}),
        (guest.sts.assume_role, {"RoleArn": role, "RoleSessionName": "any"}),
        (guest.sts.get_access_key_info, {"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}),
    ):
        assert error_of(call, **parameters).code == "AccessDenied"
    assert guest.sts.get_caller_identity()["Arn"] == GUEST


def test_who_may_call_it(cloud: Server, root: Identity, new_user, new_role) -> None:
    alice = new_user("alice", managed="AdministratorAccess")
    role = new_role("deputy", policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}),
                    managed="AdministratorAccess")
    deputy = alice.sts.assume_role(RoleArn=role, RoleSessionName="any")["Credentials"]
    for credentials in (deputy, alice.sts.get_session_token()["Credentials"]):
        holder = Identity.of_session(cloud.url, credentials)
        refused = error_of(holder.sts.get_federation_token, Name="guest")
        assert refused.code == "AccessDenied"
        assert refused.message == "Cannot call GetFederationToken with session credentials"

    # The root user vouches for an hour at most.
    answer = root.sts.get_federation_token(Name="guest", DurationSeconds=7200, Policy=policy(LOOKUP))
    assert answer["Credentials"]["Expiration"] - datetime.now(UTC) <= timedelta(hours=1, seconds=5)
    guest = Identity.of_session(cloud.url, answer["Credentials"])
    guest.cloudtrail.lookup_events()
    assert "session policy" in error_of(session(cloud, root).cloudtrail.lookup_events).message
    issuer = Trail(root).of(guest.sts.get_caller_identity())["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert issuer == {
        "type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT,
    }


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"DurationSeconds": 899}, "ValidationError"),
        ({"DurationSeconds": 129601}, "ValidationError"),
        ({"Name": "a"}, "ValidationError"),
        ({"Name": "a" * 33}, "ValidationError"),
        ({"Name": "no spaces"}, "ValidationError"),
        ({"Policy": "{}"}, "MalformedPolicyDocument"),
        ({"Policy": "no json"}, "MalformedPolicyDocument"),
        ({"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/none"}]}, "ValidationError"),
        ({"Tags": [{"Key": f"k{i:03}" * 30, "Value": "v" * 200} for i in range(50)]}, "PackedPolicyTooLarge"),
        ({"Tags": [{"Key": "aws:mine", "Value": "v"}]}, "InvalidParameterValue"),
    ],
)
def test_bad_input(root: Identity, parameters: dict[str, Any], code: str) -> None:
    sts = root.client("sts", parameter_validation=False)
    assert error_of(sts.get_federation_token, **({"Name": "guest"} | parameters)).code == code


def test_durations(cloud: Server, new_user) -> None:
    alice = new_user("alice", managed="AdministratorAccess")
    for seconds in (900, 129600):
        answer = alice.sts.get_federation_token(Name="guest", DurationSeconds=seconds)
        left = (answer["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()
        assert seconds - 60 < left <= seconds + 5
