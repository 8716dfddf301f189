"""`gatehouse why --remedies`: a denial, the smallest change that helps, made by the command that is printed, and no denial."""

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy, trust
from harness.aws import aws_program
from harness.organizations import NewOrganization
from harness.server import gatehouse
from harness.patience import PATIENCE

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


def user(server: Server, name: str, *statements: dict[str, Any]) -> Identity:
    server.root.iam.create_user(UserName=name)
    if statements:
        server.root.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return Identity.of_key(server.url, server.root.iam.create_access_key(UserName=name)["AccessKey"], name=name)


def why(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    return gatehouse("why", "--last", "--denied", *words, "--data", str(server.data))


def remedies(server: Server, call: Callable[..., Any], **parameters: Any) -> list[dict[str, Any]]:
    """What would help about a call, which must be denied."""
    assert "AccessDenied" in error_of(call, **parameters).code
    done = why(server, "--remedies", "--format", "json")
    assert done.returncode == 0, done
    report = json.loads(done.stdout)
    for remedy in report["remedies"]:
        assert remedy["trial"].startswith("allowed")
    return report["remedies"]


def make(by: Identity, remedy: dict[str, Any]) -> list[str]:
    """Makes a remedy as its reader would: by pasting its commands into a shell. Returns what they print."""
    path = f"{Path(aws_program()).parent}:{os.environ['PATH']}"
    printed = []
    for change in remedy["changes"]:
        for command in change["commands"]:
            done = subprocess.run(
                ["sh", "-c", command], env=by.environment | {"PATH": path}, capture_output=True, text=True, timeout=PATIENCE
            )
            assert done.returncode == 0, (command, done.stderr)
            printed.append(done.stdout)
    return printed


def only(found: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The first remedy that is a single change of a kind."""
    return next(one for one in found if [change["kind"] for change in one["changes"]] == [kind])


def test_what_nobody_allows(durable: Callable[..., Server]) -> None:
    server = durable().start()
    s3 = server.root.client("s3")
    s3.create_bucket(Bucket="reports")
    # What is no pattern in a name is none in a policy.
    for key in ("may *?.csv", "may x?.csv"):
        s3.put_object(Bucket="reports", Key=key, Body=b"x")
    alice = user(server, "alice")
    get = alice.client("s3").get_object
    found = remedies(server, get, Bucket="reports", Key="may *?.csv")
    assert found[0]["isExact"] and [change["kind"] for change in found[0]["changes"]] == ["newPolicy"]
    make(server.root, found[0])
    assert get(Bucket="reports", Key="may *?.csv")["Body"].read() == b"x"
    # The next statement joins the policy that is there now, and the first one was for that object alone.
    found = remedies(server, get, Bucket="reports", Key="may x?.csv")
    assert found[0]["changes"][0]["kind"] == "addStatement"
    make(server.root, found[0])
    assert get(Bucket="reports", Key="may x?.csv")["Body"].read() == b"x"
    [name] = server.root.iam.list_user_policies(UserName="alice")["PolicyNames"]
    document = server.root.iam.get_user_policy(UserName="alice", PolicyName=name)["PolicyDocument"]
    assert [statement["Action"] for statement in document["Statement"]] == ["s3:GetObject"] * 2
    # The bucket's side is a way, too.
    found = remedies(server, alice.client("s3").list_objects_v2, Bucket="reports")
    bucket = next(one for one in found if one["changes"][0]["policyType"] == "resource-based policy")
    make(server.root, bucket)
    assert alice.client("s3").list_objects_v2(Bucket="reports")["KeyCount"] == 2
    # It would be allowed by now, whatever is asked of the record.
    done = why(server, "--remedies")
    assert done.stdout.startswith("As things are now, it is allowed by resource-based policy"), done.stdout


def test_a_deny_a_boundary_and_a_key(durable: Callable[..., Server]) -> None:
    server = durable().start()
    iam = server.root.iam
    alice = user(server, "alice", allow("iam:*"), deny(["iam:GetUser", "iam:ListUsers"], Sid="NotYet"))
    found = remedies(server, alice.iam.get_user, UserName="alice")
    assert found[0]["isExact"] and found[0]["changes"][0]["risks"]
    make(server.root, found[0])
    alice.iam.get_user(UserName="alice")
    assert error_of(alice.iam.list_users).code == "AccessDenied"

    limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy(allow("iam:Get*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=limit)
    found = remedies(server, alice.iam.create_group, GroupName="staff")
    assert [change["policyType"] for change in found[0]["changes"]] == ["permissions boundary"]
    make(server.root, found[0])
    alice.iam.create_group(GroupName="staff")
    iam.delete_user_permissions_boundary(UserName="alice")

    kms = server.root.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    bob = user(server, "bob")
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.put_key_policy(
        KeyId=key,
        PolicyName="default",
        Policy=policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": ["kms:Put*", "kms:Get*", "kms:CreateGrant"],
                "Resource": "*",
            }
        ),
    )
    found = remedies(server, bob.client("kms").decrypt, CiphertextBlob=blob)
    make(server.root, only(found, "addStatement"))
    assert bob.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    found = remedies(server, bob.client("kms").encrypt, KeyId=key, Plaintext=b"y")
    assert only(found, "newGrant")


def test_roles_and_sessions(durable: Callable[..., Server]) -> None:
    server = durable().start()
    iam = server.root.iam
    alice = user(server, "alice", allow("sts:AssumeRole"))
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust(ACCOUNT))["Role"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=policy(allow("iam:List*")))
    iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    iam.put_role_policy(RoleName="stranger", PolicyName="own", PolicyDocument=policy(allow("iam:List*")))
    found = remedies(server, alice.iam.list_users)
    act = only(found, "assumeRole")
    assert act["changes"][0]["holder"] == role and len([one for one in found if "reader" in one["title"]]) == 1
    [printed] = make(alice, act)
    session = Identity.of_session(server.url, json.loads(printed)["Credentials"])
    session.iam.list_users()

    # A session policy is the caller's own to widen.
    narrow = alice.sts.assume_role(
        RoleArn=role, RoleSessionName="narrow", Policy=policy(allow("iam:ListUsers")),
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"}],
    )
    limited = Identity.of_session(server.url, narrow["Credentials"])
    limited.iam.list_users()
    found = remedies(server, limited.iam.list_roles)
    assert found[0]["changes"][0]["kind"] == "newSession" and "iam:ListUsers" in found[0]["changes"][0]["before"]
    assert "--policy-arns arn=arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess" in found[0]["changes"][0]["commands"][0]
    [printed] = make(alice, found[0])
    Identity.of_session(server.url, json.loads(printed)["Credentials"]).iam.list_roles()

    # A trust policy is shown with names, though it is kept with ids.
    iam.update_assume_role_policy(RoleName="stranger", PolicyDocument=trust(role))
    found = remedies(
        server, alice.sts.assume_role,
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/stranger", RoleSessionName="test",
    )
    assert role in found[0]["changes"][0]["before"] and ALICE in found[0]["changes"][0]["after"]
    make(server.root, found[0])
    alice.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/stranger", RoleSessionName="test")


def test_conditions(durable: Callable[..., Server]) -> None:
    server = durable().start()
    needs = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    alice = user(
        server,
        "alice",
        allow("iam:List*", Condition=needs),
        allow(["iam:CreateUser", "iam:TagUser"], Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}),
        allow("iam:GetUser", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
    )
    sign_in = only(remedies(server, alice.iam.list_users), "signInWithMFA")
    assert sign_in["changes"][0]["diff"][0] == "+ aws:MultiFactorAuthPresent: true"
    assert "get-session-token --serial-number" in sign_in["changes"][0]["commands"][0]
    tag = only(remedies(server, alice.iam.create_user, UserName="carol"), "changeRequest")
    assert "+ aws:RequestTag/team: blue" in tag["changes"][0]["diff"]
    alice.iam.create_user(UserName="carol", Tags=[{"Key": "team", "Value": "blue"}])
    tagged = only(remedies(server, alice.iam.get_user, UserName="alice"), "tagPrincipal")
    make(server.root, tagged)
    alice.iam.get_user(UserName="alice")


def test_an_organization(durable: Callable[..., Server]) -> None:
    server = durable().start()
    organization = NewOrganization(server)
    api = organization.api
    api.enable_policy_type(RootId=organization.root_id, PolicyType="SERVICE_CONTROL_POLICY")
    member = organization.member("dev")
    dev = member.user("dev", allow("*"))
    guard = api.create_policy(
        Name="guard", Description="x", Type="SERVICE_CONTROL_POLICY",
        Content=policy(deny(["iam:ListUsers", "iam:ListRoles"], Sid="NoLists")),
    )["Policy"]["PolicySummary"]["Id"]
    api.attach_policy(PolicyId=guard, TargetId=member.account)
    found = remedies(server, dev.iam.list_users)
    [change] = found[0]["changes"]
    assert change["policyType"] == "service control policy" and change["holder"] == member.account
    assert any("guardrail" in risk for risk in change["risks"]) and 'statement 1 "NoLists"' in change["title"]
    make(server.root, found[0])
    dev.iam.list_users()
    assert error_of(dev.iam.list_roles).code == "AccessDenied"
    # A level without any allow gets one.
    api.attach_policy(
        PolicyId=api.create_policy(
            Name="some", Description="x", Type="SERVICE_CONTROL_POLICY", Content=policy(allow("ec2:*"))
        )["Policy"]["PolicySummary"]["Id"],
        TargetId=member.account,
    )
    api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=member.account)
    found = remedies(server, dev.iam.list_groups)
    make(server.root, only(found, "newPolicy"))
    dev.iam.list_groups()


def test_two_accounts(durable: Callable[..., Server]) -> None:
    server = durable().start()
    organization = NewOrganization(server)
    member = organization.member("data")
    member.admin.client("s3").create_bucket(Bucket="theirs")
    member.admin.client("s3").put_object(Bucket="theirs", Key="k", Body=b"x")
    alice = user(server, "alice")
    found = remedies(server, alice.client("s3").get_object, Bucket="theirs", Key="k")
    both = found[0]["changes"]
    assert {change["policyType"] for change in both} == {"identity-based policy", "resource-based policy"}
    for change in both:
        by = member.admin if member.account in change["madeBy"] else server.root
        make(by, {"changes": [change]})
    assert alice.client("s3").get_object(Bucket="theirs", Key="k")["Body"].read() == b"x"


def test_the_text(durable: Callable[..., Server]) -> None:
    server = durable().start()
    alice = user(server, "alice")
    error_of(alice.iam.list_users)
    done = why(server, "--remedies")
    lines = done.stdout.splitlines()
    assert "no identity-based policy allows the iam:ListUsers action" in lines[0]
    assert "1. Give user alice a new inline policy Allow-iam-ListUsers" in lines
    assert "   By an administrator of account 111122223333." in lines
    assert any(line.startswith("   Tried: allowed by identity-based policy Allow-iam-ListUsers") for line in lines)
    # The commands can be pasted from here, too.
    start = next(index for index, line in enumerate(lines) if line.startswith("   aws iam put-user-policy"))
    end = next(index for index in range(start, len(lines)) if lines[index].endswith("'"))
    server.root.aws(*shlex.split("\n".join(lines[start : end + 1]))[1:])
    alice.iam.list_users()

    server.root.iam.delete_user_policy(UserName="alice", PolicyName="Allow-iam-ListUsers")
    [key] = server.root.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    server.root.iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    server.root.iam.delete_user(UserName="alice")
    gone = why(server, "--remedies")
    assert gone.returncode == 1 and "does not exist any longer" in gone.stderr
    allowed = gatehouse("why", "--last", "--remedies", "--data", str(server.data))
    assert allowed.returncode == 1 and "did not deny" in allowed.stderr
    for words in (("--remedies", "--encoded"), ("--format", "json")):
        assert why(server, *words).returncode == 64
