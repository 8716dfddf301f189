"""`gatehouse check`: its questions, what it prints in each format, and its exit status."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.sarif import check_sarif
from harness.server import BINARY, clean_environment, gatehouse
from harness.patience import PATIENCE


def write(folder: Path, name: str, *statements: dict[str, Any]) -> str:
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return str(file)


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def report(*words: str) -> dict[str, Any]:
    done = gatehouse("check", *words, "--format", "json")
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == {"PASS": 0, "FAIL": 1, "UNKNOWN": 3}[answer["result"]]
    return answer


def test_new_access_is_proved_by_a_request_that_the_simulator_allows(tmp_path: Path) -> None:
    old = write(tmp_path, "old", allow("s3:Get*", "arn:aws:s3:::b/${aws:username}/*"))
    new = write(
        tmp_path, "new", allow("s3:Get*", "arn:aws:s3:::b/${aws:username}/*"),
        allow("sqs:SendMessage", Sid="Send", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    )
    answer = report("no-new-access", old, new)
    assert (answer["check"], answer["result"]) == ("no-new-access", "FAIL")
    assert answer["message"] == "The modified permissions grant new access compared to your existing policy."
    [reason] = answer["reasons"]
    assert (reason["statementIndex"], reason["statementId"], reason["file"]) == (1, "Send", new)
    assert reason["description"] == "New access in the statement with sid: Send."
    witness = reason["witness"]
    assert witness["action"] == "sqs:SendMessage", "an action that there is"
    assert witness["context"] == {"aws:securetransport": "true"}
    for policy, outcome in ((new, "Allowed"), (old, "ImplicitlyDenied")):
        case = {"request": witness, "identityPolicies": [json.loads(Path(policy).read_text())]}
        case["request"].pop("absentKeys", None)
        done = subprocess.run(
            [str(BINARY), "simulate", "--json-lines"], input=json.dumps(case) + "\n", env=clean_environment(),
            capture_output=True, text=True, timeout=PATIENCE, check=True,
        )
        assert json.loads(done.stdout)["decision"] == outcome, done.stdout
    assert report("no-new-access", new, old)["result"] == "PASS"


def test_access_not_granted_takes_actions_and_resources(tmp_path: Path) -> None:
    policy = write(tmp_path, "policy", allow("iam:*", "arn:aws:iam::*:role/app/*"))
    asked = ("access-not-granted", policy, "--action", "iam:PassRole", "--action", "iam:CreateUser", "--resource")
    assert report(*asked, "arn:aws:iam::*:role/admin")["result"] == "PASS"
    [reason] = report(*asked, "arn:aws:iam::111122223333:role/*")["reasons"]
    assert reason["witness"]["action"] == "iam:PassRole"
    assert reason["witness"]["resource"].startswith("arn:aws:iam::111122223333:role/app/")


def test_public_access(tmp_path: Path) -> None:
    everybody = allow("s3:GetObject", "arn:aws:s3:::b/*", Principal="*")
    asked = ("--type", "AWS::S3::Bucket")
    open_bucket = write(tmp_path, "open", everybody)
    [reason] = report("no-public-access", open_bucket, *asked)["reasons"]
    assert reason["witness"]["principal"] == "*"
    denied = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    }
    assert report("no-public-access", write(tmp_path, "shut", everybody, denied), *asked)["result"] == "PASS"


def test_equivalence_is_asked_both_ways(tmp_path: Path) -> None:
    one = write(tmp_path, "one", allow(["s3:GetObject", "s3:PutObject"]))
    two = write(tmp_path, "two", allow("s3:PutObject"), allow("s3:getobject"))
    more = write(tmp_path, "more", allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]))
    assert report("equivalent", one, two)["result"] == "PASS"
    for words in ((one, more), (more, one)):
        [reason] = report("equivalent", *words)["reasons"]
        assert reason["file"] == more


def test_statements_that_cannot_matter(tmp_path: Path) -> None:
    policy = write(
        tmp_path, "policy", allow("s3:*"), allow("s3:GetObject", "arn:aws:s3:::b/*", Sid="Same"),
        allow("ec2:*"), {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"},
    )
    reasons = report("unreachable", policy)["reasons"]
    assert [reason["statementIndex"] for reason in reasons] == [1, 2]
    assert "statement 1" in reasons[0]["description"] and "denies" in reasons[1]["description"]


def test_text_shows_the_request_first(tmp_path: Path) -> None:
    old, new = write(tmp_path, "old", allow("s3:GetObject")), write(tmp_path, "new", allow("s3:*Object"))
    done = gatehouse("check", "no-new-access", old, new)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("arn:aws:iam::111122223333:user/alice may s3:"), lines
    assert lines[-1].startswith("FAIL ") and done.returncode == 1
    assert f"{new}:1:" in lines[-2]


def test_sarif(tmp_path: Path) -> None:
    policy = write(tmp_path, "a policy", allow("s3:*"))
    done = gatehouse("check", "access-not-granted", policy, "--action", "s3:DeleteBucket", "--format", "sarif")
    [result] = check_sarif(json.loads(done.stdout))
    assert (result["ruleId"], result["level"]) == ("access-not-granted", "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("a%20policy.json") and place["region"]["startLine"] == 1


def test_sarif_of_statements_that_cannot_matter(tmp_path: Path) -> None:
    policy = write(tmp_path, "policy", allow("s3:*"), allow("s3:GetObject", Sid="Same"))
    done = gatehouse("check", "unreachable", policy, "--format", "sarif")
    [result] = check_sarif(json.loads(done.stdout))
    assert (done.returncode, result["ruleId"], result["level"]) == (1, "unreachable", "error")
    assert result["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "Statement[1]"}]
    assert "statement 1" in result["message"]["text"]
    fine = gatehouse("check", "unreachable", write(tmp_path, "fine", allow("s3:*")), "--format", "sarif")
    assert fine.returncode == 0 and check_sarif(json.loads(fine.stdout)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Syntax errors in policy"),
        ('{"Statement": [{"Effect": "Allow", "Action": "s3:*"}]}', "must contain resources"),
        (None, "can't be read"),
    ],
)
def test_what_cannot_be_read_is_no_answer(tmp_path: Path, text: str | None, words: str) -> None:
    good, bad = write(tmp_path, "good", allow("s3:*")), tmp_path / "bad.json"
    if text is not None:
        bad.write_text(text)
    done = gatehouse("check", "no-new-access", good, str(bad))
    assert (done.returncode, done.stdout) == (2, "")
    assert str(bad) in done.stderr and words in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("access-not-granted", "-"),
        ("access-not-granted", "-", "--action", "everything"),
        ("access-not-granted", "-", "--resource", "bucket"),
        ("no-public-access", "-", "--type", "AWS::S3::Buckets"),
    ],
)
def test_bad_questions_are_refused(words: tuple[str, ...]) -> None:
    done = gatehouse("check", *words)
    assert done.returncode == 64 and done.stderr.startswith("Error: "), done.stderr


def test_variables_in_a_hostile_policy_end(tmp_path: Path) -> None:
    """A policy of the largest size, made to be hard, has an answer soon, and not a wrong one."""
    hard = [
        {**allow("s3:*", "arn:aws:s3:::" + "".join(f"*{letter}" for letter in "abcdefghijklmnop") + f"*{number}*"),
         "Effect": "Deny" if number % 2 else "Allow"}
        for number in range(40)
    ]
    hostile = write(tmp_path, "hostile", *hard)
    other = write(tmp_path, "other", allow("s3:*", "arn:aws:s3:::" + "".join(f"*{c}" for c in "ponmlkjihgfedcba") + "*"))
    assert report("no-new-access", other, hostile)["result"] != "PASS"
