"""`gatehouse escalate`: paths by which a user or role can reach more than it has, from files and from a server's data."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy, trust
from harness.sarif import check_sarif
from harness.server import BINARY, clean_environment, gatehouse
from harness.patience import PATIENCE

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def arn(resource: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{resource}"


def attached(*arns: str) -> list[dict[str, str]]:
    return [{"PolicyName": name.rsplit("/", 1)[1], "PolicyArn": name} for name in arns]


def user(name: str, *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "UserName": name, "UserId": f"AIDA{name.upper()}", "Arn": arn(f"user/{name}"), "GroupList": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": json.loads(policy(*statements))}] if statements else [],
        "AttachedManagedPolicies": [], **more,
    }  # fmt: skip


def role(name: str, trusted: Any, *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "RoleName": name, "RoleId": f"AROA{name.upper()}", "Arn": arn(f"role/{name}"),
        "AssumeRolePolicyDocument": json.loads(trust(trusted)), "AttachedManagedPolicies": [],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": json.loads(policy(*statements))}] if statements else [],
        "InstanceProfileList": [], **more,
    }  # fmt: skip


def save(folder: Path, **lists: Any) -> str:
    file = folder / "account.json"
    file.write_text(json.dumps({"UserDetailList": [], "RoleDetailList": [], **lists}, indent=2))
    return str(file)


def simulate(cases: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(BINARY), "simulate", "--json-lines"], input=cases, env=clean_environment(), capture_output=True,
        text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def escalate(*words: str) -> dict[str, Any]:
    """The answer, of which the simulator has confirmed every request."""
    done = gatehouse("escalate", *words, "--format", "json", within=60)
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == {"PASS": 0, "FAIL": 1, "UNKNOWN": 3}[answer["result"]]
    cases = gatehouse("escalate", *words, "--format", "cases", within=60).stdout
    decided = simulate(cases)
    requests = sum(1 + sum(len(step["requests"]) for step in path["steps"]) for path in answer["paths"])
    assert len(decided) == requests
    assert [one for one in decided if one["decision"] != "Allowed"] == []
    return answer


def methods(*words: str) -> dict[str, list[str]]:
    """By who asks."""
    found: dict[str, list[str]] = {}
    for path in escalate(*words)["paths"]:
        found.setdefault(path["principal"].rsplit("/", 1)[1], []).append(path["method"])
    return found


def test_an_account(tmp_path: Path) -> None:
    account = save(
        tmp_path,
        UserDetailList=[
            user("admin", AttachedManagedPolicies=attached(ADMINISTRATOR)),
            user("reader", AttachedManagedPolicies=attached("arn:aws:iam::aws:policy/ReadOnlyAccess")),
            user("attacher", allow("iam:AttachUserPolicy", arn("user/${aws:username}"))),
            user(
                "harmless", allow("s3:Get*"),
                allow(
                    "iam:AttachUserPolicy",
                    Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}},
                ),
                allow(["s3:List*", "s3:Describe*", "s3-object-lambda:*"]),
            ),
            user("builder", allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])),
            user("coder", allow("lambda:UpdateFunctionCode")),
        ],
        RoleDetailList=[
            role("app", {"Service": "lambda.amazonaws.com"}, allow("dynamodb:*")),
            role("deploy", {"Service": "cloudformation.amazonaws.com"}, allow("*")),
        ],
    )  # fmt: skip
    assert methods("--from", account) == {
        "attacher": ["iam:AttachUserPolicy"],
        "builder": ["iam:PassRole, lambda:CreateFunction, lambda:InvokeFunction"],
        "coder": ["lambda:UpdateFunctionCode"],
    }
    (path,) = escalate(arn("user/builder"), "--from", account)["paths"]
    assert path["gain"]["action"].startswith("dynamodb:") and not path["reachesAll"]
    (step,) = path["steps"]
    assert [request["action"] for request in step["requests"]] == [
        "iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "sts:AssumeRole",
    ]  # fmt: skip
    assert step["requests"][0]["context"]["iam:passedtoservice"] == "lambda.amazonaws.com"
    assert step["requests"][3]["principal"] == "lambda.amazonaws.com"
    # What exists is not in the files: the answer says what it takes for granted, or leaves it out.
    (path,) = escalate(arn("user/coder"), "--from", account)["paths"]
    assert path["steps"][0]["assumptions"] == [f"a Lambda function that something invokes runs as {arn('role/app')}"]
    assert methods("--from", account, "--assume-nothing").keys() == {"attacher", "builder"}
    assert methods(arn("user/attacher"), "--from", account, "--except", "iam:AttachUserPolicy") == {}


def test_control_policies_boundaries_and_denies_count(tmp_path: Path) -> None:
    limit = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy/limit")}
    own = allow(["iam:PutUserPolicy", "s3:*"])
    account = save(
        tmp_path,
        UserDetailList=[
            user("free", own), user("bounded", own, PermissionsBoundary=limit),
            user("denied", own, deny("iam:PutUserPolicy", Condition={"Bool": {"aws:SecureTransport": "true"}}),
                 deny("iam:PutUserPolicy", Condition={"Bool": {"aws:SecureTransport": "false"}})),
            user("mfa", allow("iam:PutUserPolicy", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        ],
        Policies=[{
            "PolicyName": "limit", "Arn": arn("policy/limit"),
            "PolicyVersionList": [{
                "VersionId": "v1", "IsDefaultVersion": True,
                "Document": json.loads(policy(allow(["s3:*", "iam:PutUserPolicy"]))),
            }],
        }],
    )  # fmt: skip
    assert methods("--from", account, "--depth", "1").keys() == {"free", "denied", "mfa"}
    # A Deny with the key on either side still leaves requests without it.
    (path,) = escalate(arn("user/denied"), "--from", account, "--depth", "1")["paths"]
    assert path["steps"][0]["requests"][0]["absentKeys"] == ["aws:securetransport"]
    (path,) = escalate(arn("user/mfa"), "--from", account, "--depth", "1")["paths"]
    assert path["steps"][0]["requests"][0]["context"] == {"aws:multifactorauthpresent": "true"}
    full, fence = tmp_path / "full.json", tmp_path / "fence.json"
    full.write_text(policy(allow("*")))
    fence.write_text(policy(allow("*"), deny("iam:PutUserPolicy")))
    assert methods("--from", account, "--scp", str(full), "--depth", "1").keys() == {"free", "denied", "mfa"}
    assert methods("--from", account, "--scp", str(full), "--scp", str(fence)) == {}


def test_text_shows_the_gain_first(tmp_path: Path) -> None:
    account = save(
        tmp_path, UserDetailList=[user("dev", allow("sts:AssumeRole"))],
        RoleDetailList=[
            role("a", {"AWS": ACCOUNT}, allow("s3:GetObject", "arn:aws:s3:::a/*")),
            role("b", {"AWS": ACCOUNT}, allow("s3:GetObject", "arn:aws:s3:::b/*")),
        ],
    )  # fmt: skip
    done = gatehouse("escalate", "--from", account, "--depth", "1")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == f"{arn('user/dev')}, as {arn('role/a')}, may s3:GetObject on arn:aws:s3:::a/example"
    assert lines[1] == f"  1. sts:AssumeRole: acts as {arn('role/a')}"
    assert lines[3] == f"  and so {arn('role/b')}"
    assert lines[-1] == "FAIL 1 of 3 users and roles can reach more than it has, by a path."
    none = gatehouse("escalate", arn("role/a"), "--from", account)
    assert (none.returncode, none.stdout) == (0, f"PASS {arn('role/a')} can't reach more than it has.\n")


def test_sarif(tmp_path: Path) -> None:
    account = save(
        tmp_path, UserDetailList=[user("dev", allow("iam:PutUserPolicy")), user("coder", allow("lambda:*"))],
        RoleDetailList=[role("app", {"Service": "lambda.amazonaws.com"}, allow("s3:*"))],
    )  # fmt: skip
    done = gatehouse("escalate", "--from", account, "--format", "sarif")
    assert done.returncode == 1
    results = check_sarif(json.loads(done.stdout))
    levels = {result["ruleId"]: result["level"] for result in results}
    assert levels["iam:PutUserPolicy"] == "error"
    assert levels["lambda:UpdateFunctionCode+lambda:InvokeFunction"] == "warning", "there may be no such function"
    lines = Path(account).read_text().splitlines()
    for result in results:
        (location,) = result["locations"]
        named = location["logicalLocations"][0]["fullyQualifiedName"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == account
        line = lines[place["region"]["startLine"] - 1]
        assert line[place["region"]["startColumn"] - 1 :].startswith(f'"{named}"')
        assert named in result["message"]["text"]
    empty = gatehouse("escalate", arn("role/app"), "--from", account, "--format", "sarif")
    assert empty.returncode == 0 and check_sarif(json.loads(empty.stdout)) == []


def test_a_large_account_takes_seconds(tmp_path: Path) -> None:
    members = 500
    account = save(
        tmp_path,
        UserDetailList=[
            user(f"u{n}", allow("s3:*", f"arn:aws:s3:::b{n}/*"), allow("iam:*AccessKey*", arn("user/${aws:username}")))
            for n in range(members)
        ],
        RoleDetailList=[
            role(f"r{n}", {"Service": "ec2.amazonaws.com"}, allow("sqs:*", f"arn:aws:sqs:*:{ACCOUNT}:q{n}"))
            for n in range(members)
        ] + [role("admin", {"Service": "ec2.amazonaws.com"}, allow("*"))],
    )  # fmt: skip
    done = gatehouse("escalate", "--from", account, within=120)
    assert done.returncode == 0, done.stdout[-2000:]
    assert done.stdout == "PASS None of 1001 users and roles can reach more than it has.\n"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--depth", "0", "--from", "x"), 64, "--depth takes 1 to 8"),
        (("--from", "x", "--data", "y"), 64, "leave out --from or the other one"),
        (("--scp", "x"), 64, "--scp goes together with --from"),
        (("--account", "12", "--from", "x"), 64, "twelve digits"),
        (("--from", "missing.json"), 2, "can't be read"),
        (("--data", "missing"), 2, "There is no Gatehouse in missing"),
    ],
)
def test_bad_questions(tmp_path: Path, words: tuple[str, ...], status: int, message: str) -> None:
    done = subprocess.run(
        [str(BINARY), "escalate", *words], cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (status, "") and message in done.stderr, done.stderr


def test_somebody_unknown(tmp_path: Path) -> None:
    account = save(tmp_path, UserDetailList=[user("dev", allow("s3:*"))])
    done = gatehouse("escalate", arn("user/dov"), "--from", account)
    assert (done.returncode, done.stdout) == (2, "") and "is in none of the files" in done.stderr


# Over a server's data


def new_user(server: Server, name: str, *statements: dict[str, Any]) -> Identity:
    server.root.iam.create_user(UserName=name)
    server.root.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return Identity.of_key(server.url, server.root.iam.create_access_key(UserName=name)["AccessKey"])


def test_paths_in_a_servers_data_can_be_walked(durable: Callable[..., Server]) -> None:
    server = durable().start()
    iam = server.root.iam
    attacher = new_user(server, "attacher", allow("iam:AttachUserPolicy", arn("user/attacher")))
    chained = new_user(server, "chained", allow("sts:AssumeRole"))
    new_user(server, "reader", allow(["iam:Get*", "iam:List*"]))
    iam.create_role(RoleName="first", Path="/team/", AssumeRolePolicyDocument=trust(arn("user/chained")))
    iam.create_role(RoleName="second", AssumeRolePolicyDocument=trust(arn("role/team/first")))
    iam.put_role_policy(RoleName="second", PolicyName="own", PolicyDocument=policy(allow("iam:ListUsers")))
    found = methods("--data", str(server.data))
    assert found == {
        "attacher": ["iam:AttachUserPolicy"],
        "chained": ["sts:AssumeRole > sts:AssumeRole"],
        "first": ["sts:AssumeRole"],
    }

    error_of(attacher.iam.list_users)
    (path,) = escalate(arn("user/attacher"), "--data", str(server.data))["paths"]
    (request,) = path["steps"][0]["requests"]
    attacher.iam.attach_user_policy(UserName="attacher", PolicyArn=request["context"]["iam:policyarn"])
    assert attacher.iam.list_users()["Users"]
    # Who has all now has no paths any more.
    assert methods("--data", str(server.data)).keys() == {"chained", "first"}

    (path,) = escalate(arn("user/chained"), "--data", str(server.data))["paths"]
    client = chained
    for step in path["steps"]:
        (request,) = step["requests"]
        answer = client.sts.assume_role(RoleArn=request["resource"], RoleSessionName="session")
        client = Identity.of_session(server.url, answer["Credentials"])
    assert path["gain"]["action"] == "iam:ListUsers" and client.iam.list_users()["Users"]
    error_of(chained.iam.list_users)
