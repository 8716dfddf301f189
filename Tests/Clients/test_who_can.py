"""`gatehouse who-can` and `what-can`: over what `aws iam get-account-authorization-details` prints, and a server's data."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness import ACCOUNT, Identity, Server
from harness.organizations import NewOrganization
from harness.server import gatehouse


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


def role(name: str, *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "RoleName": name, "RoleId": f"AROA{name.upper()}EXAMPLE000", "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "AssumeRolePolicyDocument": trust({"Service": "ec2.amazonaws.com"}),
        "RolePolicyList": [{"PolicyName": "Own", "PolicyDocument": document(*statements)}] if statements else [],
        "AttachedManagedPolicies": [], **more,
    }


def save(folder: Path, **lists: Any) -> str:
    file = folder / "account.json"
    file.write_text(json.dumps(lists))
    return str(file)


def allowed(*words: str) -> list[str]:
    done = gatehouse("who-can", *words, "--format", "json")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [access["arn"].rsplit("/", 1)[1] for access in json.loads(done.stdout)["allowed"]]


def test_everything_that_binds_a_role_counts(tmp_path: Path) -> None:
    reads = allow("s3:GetObject", "arn:aws:s3:::b/*")
    limit = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/Limit"}
    policies = [{
        "PolicyName": "Limit", "Arn": f"arn:aws:iam::{ACCOUNT}:policy/Limit",
        "PolicyVersionList": [
            {"VersionId": "v2", "IsDefaultVersion": True, "Document": quote(json.dumps(document(allow("sqs:*"))))},
            {"VersionId": "v1", "IsDefaultVersion": False, "Document": document(allow("*"))},
        ],
    }]
    attached = [{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]
    roles = [
        role("plain", reads), role("nothing"), role("elsewhere", allow("s3:GetObject", "arn:aws:s3:::c/*")),
        role("denied", reads, {"Effect": "Deny", "NotAction": "sqs:*", "Resource": "*"}),
        role("bounded", reads, PermissionsBoundary=limit), role("managed", AttachedManagedPolicies=attached),
        role("tagged", allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/home}/*"), Tags=[{"Key": "home", "Value": "b"}]),
        role("other", allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/home}/*"), Tags=[{"Key": "home", "Value": "c"}]),
        role("untagged", allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/home}/*")),
    ]
    account = save(tmp_path, RoleDetailList=roles, Policies=policies)
    question = ("s3:GetObject", "arn:aws:s3:::b/key", "--from", account)
    assert allowed(*question) == ["plain", "managed", "tagged"]
    # A whole account at once: by levels of service control policies.
    full, fence = tmp_path / "full.json", tmp_path / "fence.json"
    full.write_text(json.dumps(document(allow("*"))))
    fence.write_text(json.dumps(document({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/k*"})))
    assert allowed(*question, "--scp", str(full)) == ["plain", "managed", "tagged"]
    assert allowed(*question, "--scp", str(full), "--scp", f"{full},{fence}") == []
    assert allowed(*question, "--scp", str(fence)) == []


def test_the_resources_policy_is_asked(tmp_path: Path) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234"
    account = save(tmp_path, RoleDetailList=[role("user", allow("kms:*")), role("named")])
    assert allowed("kms:Decrypt", key, "--from", account) == [], "no key works without its policy"
    policy = tmp_path / "key.json"
    policy.write_text(json.dumps(document(
        allow("kms:*", Principal={"AWS": ACCOUNT}),
        allow("kms:Decrypt", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/named"}),
    )))
    words = ("kms:Decrypt", key, "--from", account, "--resource-policy", str(policy))
    assert allowed(*words) == ["user", "named"]


def test_a_roles_trust_is_known(tmp_path: Path) -> None:
    target = role("target", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/one"}))
    arn = target["Arn"]
    account = save(tmp_path, RoleDetailList=[target, role("one"), role("two", allow("sts:AssumeRole", arn))])
    assert allowed("sts:AssumeRole", arn, "--from", account) == ["one"]


def test_what_can_shows_what_is_left(tmp_path: Path) -> None:
    account = save(tmp_path, RoleDetailList=[role(
        "app", allow(["s3:Get*", "iam:GetUser"], Condition={"Bool": {"aws:SecureTransport": "true"}}), allow("iam:*"),
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*"},
    )])
    asked = ("what-can", f"arn:aws:iam::{ACCOUNT}:role/app", "--from", account)
    [grant] = json.loads(gatehouse(*asked, "--format", "json").stdout)["grants"]
    assert (grant["actions"], grant["statementIndex"]) == (["s3:Get*"], 0)
    assert grant["conditions"] == ["Bool aws:SecureTransport true"]
    assert [denial.rsplit(" ", 1)[1] for denial in grant["deniedBy"]] == ["4"]
    assert grant["witness"]["context"] == {"aws:securetransport": "true"}
    done = gatehouse(*asked)
    assert done.returncode == 0 and done.stdout.startswith("s3:Get* on * (identity-based policy Own, statement 1)\n")


def test_a_folder_of_pages_is_one_account(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    group = {
        "GroupName": "Staff", "Arn": f"arn:aws:iam::{ACCOUNT}:group/Staff", "AttachedManagedPolicies": [],
        "GroupPolicyList": [{"PolicyName": "G", "PolicyDocument": document(allow("sqs:SendMessage"))}],
    }
    user = {
        "UserName": "ann", "UserId": "AIDAANNEXAMPLE000000", "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann",
        "GroupList": ["Staff"], "AttachedManagedPolicies": [],
    }
    (pages / "1.json").write_text(json.dumps({"UserDetailList": [user]}))
    (pages / "2.json").write_text(json.dumps({"GroupDetailList": [group]}))
    assert allowed("sqs:*", "*", "--from", str(pages)) == ["ann"]
    done = gatehouse("who-can", "sqs:*", "*", "--from", str(pages / "1.json"))
    assert done.returncode == 2 and "group Staff is in none of the files" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"), ("{}", "has no users, roles or policies"),
        (json.dumps({"RoleDetailList": [role("a", allow("s3:*"), AttachedManagedPolicies=[
            {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/Gone"}])]}), "policy/Gone is in none of the files"),
        (json.dumps({"RoleDetailList": [role("a", {"Effect": "Allow", "Action": "s3:*"})]}), "must contain resources"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "account.json"
    file.write_text(text)
    done = gatehouse("who-can", "s3:GetObject", "*", "--from", str(file))
    assert (done.returncode, done.stdout) == (2, "") and words in done.stderr, done.stderr


def test_nobody_is_an_answer(tmp_path: Path) -> None:
    account = save(tmp_path, RoleDetailList=[role("a", allow("s3:*"))])
    done: subprocess.CompletedProcess[str] = gatehouse("who-can", "sqs:SendMessage", "*", "--from", account)
    assert (done.returncode, done.stdout) == (0, "nobody of 1 users and roles\n")
    done = gatehouse("what-can", f"arn:aws:iam::{ACCOUNT}:role/b", "--from", account)
    assert done.returncode == 2 and "is in none of the files" in done.stderr


# Over a server's data


def of_data(server: Server, *words: str) -> list[str]:
    done = gatehouse("who-can", *words, "--data", str(server.data), "--format", "json", within=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return sorted(access["arn"].rsplit("/", 1)[1] for access in json.loads(done.stdout)["allowed"])


def new_user(by: Identity, name: str, *statements: dict[str, Any]) -> None:
    by.iam.create_user(UserName=name)
    if statements:
        by.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document(*statements)))


def test_the_policies_of_resources_are_in_the_data(durable: Callable[..., Server]) -> None:
    server = durable().start()
    root = server.root
    s3, kms = root.client("s3"), root.client("kms")
    new_user(root, "reader", allow("s3:GetObject"), allow("kms:Decrypt"))
    new_user(root, "named")
    new_user(root, "granted")
    s3.create_bucket(Bucket="box")
    question = ("s3:GetObject", "arn:aws:s3:::box/*")
    assert of_data(server, *question) == ["reader"]
    named = allow("s3:GetObject", "arn:aws:s3:::box/a*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/named"})
    s3.put_bucket_policy(Bucket="box", Policy=json.dumps(document(named)))
    assert of_data(server, *question) == ["named", "reader"]
    assert of_data(server, "s3:GetObject", "arn:aws:s3:::box/b*") == ["reader"]
    assert of_data(server, "s3:GetObject", "*") == ["named", "reader"], "in any bucket that there is"
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::box/*"}
    s3.put_bucket_policy(Bucket="box", Policy=json.dumps(document(named, denied)))
    assert of_data(server, *question) == []

    key = kms.create_key()["KeyMetadata"]["Arn"]
    assert of_data(server, "kms:Decrypt", key) == ["reader"], "the key policy leaves it to the account"
    kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/granted", Operations=["Decrypt"])
    assert of_data(server, "kms:Decrypt", key) == ["granted", "reader"]
    assert of_data(server, "kms:Encrypt", key) == []

    root.iam.create_role(
        RoleName="helper", AssumeRolePolicyDocument=json.dumps(trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/named"}))
    )
    assert of_data(server, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/helper") == ["named"]
    done = gatehouse("what-can", f"arn:aws:iam::{ACCOUNT}:user/reader", "--data", str(server.data))
    assert done.stdout.splitlines()[0].startswith("s3:GetObject on *"), done.stdout
    done = gatehouse("what-can", f"arn:aws:iam::{ACCOUNT}:user/nobody", "--data", str(server.data))
    assert done.returncode == 2 and "is not in the data" in done.stderr


def test_an_organizations_policies_are_in_the_data(durable: Callable[..., Server]) -> None:
    server = durable().start()
    organization = NewOrganization(server)
    types = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
    for name in types:
        organization.api.enable_policy_type(RootId=organization.root_id, PolicyType=name)
    member = organization.member("one")
    new_user(server.root, "ours", allow("s3:*"))
    member.user("theirs", allow("s3:*"))
    s3 = member.admin.client("s3")
    s3.create_bucket(Bucket="shared")
    question = ("s3:GetObject", "arn:aws:s3:::shared/*")
    administrators = ["OrganizationAccountAccessRole", "theirs"]
    assert of_data(server, *question) == administrators
    assert of_data(server, *question, "--account", ACCOUNT) == []
    # A policy for everybody is for the other account as well, unless Block Public Access has it otherwise.
    s3.delete_public_access_block(Bucket="shared")
    public = allow("s3:GetObject", "arn:aws:s3:::shared/*", Principal="*")
    s3.put_bucket_policy(Bucket="shared", Policy=json.dumps(document(public)))
    assert "ours" in of_data(server, *question)
    s3.put_public_access_block(
        Bucket="shared", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    # Everybody in the account is let in by the bucket's policy, the role of a service as well.
    linked = "AWSServiceRoleForOrganizations"
    assert of_data(server, *question) == [linked, *administrators]

    def attach(kind: str, statement: dict[str, Any]) -> None:
        made = organization.api.create_policy(
            Name=kind, Description="", Type=kind, Content=json.dumps(document(statement))
        )
        organization.api.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=member.account)

    attach("SERVICE_CONTROL_POLICY", {
        "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
    })
    assert of_data(server, *question) == [linked, "OrganizationAccountAccessRole"]
    attach("RESOURCE_CONTROL_POLICY", {
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
    })
    # Service-linked roles are beyond both.
    assert of_data(server, *question) == [linked]
    done = gatehouse("what-can", f"arn:aws:iam::{member.account}:user/theirs", "--data", str(server.data))
    assert "except what is denied by" in done.stdout
