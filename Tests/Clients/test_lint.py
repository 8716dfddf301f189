"""`gatehouse lint`: what it prints in each format, and its exit status."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from harness.sarif import check_sarif
from harness.server import BINARY, clean_environment, gatehouse
from harness.patience import PATIENCE

GOOD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::notes/*"}],
}
BAD = """{
  "Statement": [
    { "Effect": "Allow", "Action": ["s3:GetObejct", "iam:PassRole"], "Resource": "*" }
  ]
}
"""


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.json"
    path.write_text(json.dumps(GOOD))
    return str(path)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad.json"
    path.write_text(BAD)
    return str(path)


def statement(**changes: object) -> str:
    return json.dumps({**GOOD, "Statement": [{**GOOD["Statement"][0], **changes}]})


def from_input(text: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BINARY), "lint", "-", *words],
        input=text, env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE,
    )


def test_a_good_policy_says_nothing(good: str) -> None:
    done = gatehouse("lint", good)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_text_names_place_severity_code_and_what_to_change(bad: str) -> None:
    done = gatehouse("lint", bad)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{bad}:1:1: warning MISSING_VERSION ")
    assert lines[1] == f"{bad}:3:37: error INVALID_ACTION " 'There is no action "s3:GetObejct"; did you mean s3:GetObject?'
    assert lines[2].startswith(f"{bad}:3:53: security-warning PASS_ROLE_WITH_STAR_IN_RESOURCE ")
    assert len(lines) == 3


def test_standard_input(good: str) -> None:
    assert from_input(Path(good).read_text()).returncode == 0
    done = from_input("{")
    assert done.returncode == 1 and done.stdout.startswith("<stdin>:1:2: error JSON_SYNTAX_ERROR ")


@pytest.mark.parametrize(
    ("changes", "threshold", "status"),
    [
        ({"Action": "s3:Nothing"}, "error", 1),
        ({"Action": "iam:PassRole", "Resource": "*"}, "error", 0),
        ({"Action": "iam:PassRole", "Resource": "*"}, "security-warning", 1),
        ({"Action": "iam:CreateServiceLinkedRole", "Resource": "*"}, "security-warning", 0),
        ({"Action": "iam:CreateServiceLinkedRole", "Resource": "*"}, "warning", 1),
        ({"Sid": ""}, "warning", 0),
        ({"Sid": ""}, "suggestion", 1),
    ],
)
def test_fail_on(changes: dict[str, object], threshold: str, status: int) -> None:
    done = from_input(statement(**changes), "--fail-on", threshold)
    assert done.returncode == status and done.stdout != ""


def test_fails_by_default_on_security_warnings() -> None:
    assert from_input(statement(Action="iam:PassRole", Resource="*")).returncode == 1
    assert from_input(statement(Sid="")).returncode == 0


def test_a_file_that_cannot_be_read_is_bad_input(bad: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.json")
    done = gatehouse("lint", missing, bad)
    assert done.returncode == 2 and missing in done.stderr
    # The other file is still looked at.
    assert "INVALID_ACTION" in done.stdout
    binary = tmp_path / "binary.json"
    binary.write_bytes(b'{"Version": "\xff\xfe"}')
    assert gatehouse("lint", str(binary)).returncode == 2


@pytest.mark.parametrize("words", [(), ("--type", "what", "-"), ("--resource-type", "bucket", "-"), ("--format", "x", "-")])
def test_wrong_usage(words: tuple[str, ...]) -> None:
    done = gatehouse("lint", *words)
    assert done.returncode == 64 and done.stderr


def test_types() -> None:
    bucket = statement(Principal="*")
    assert from_input(bucket).returncode == 0
    assert "UNSUPPORTED_PRINCIPAL" in from_input(bucket, "--type", "identity").stdout
    assert "SCP_SYNTAX_ERROR_PRINCIPAL" in from_input(bucket, "--type", "scp").stdout
    assert "RCP_SYNTAX_ERROR_ALLOW" in from_input(bucket, "--type", "rcp").stdout
    assert "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE" in from_input(bucket, "--type", "trust").stdout
    assert "UNSUPPORTED_ACTION_IN_POLICY" in from_input(bucket, "--resource-type", "AWS::SQS::Queue").stdout


def test_json(bad: str, good: str) -> None:
    done = gatehouse("lint", "--format", "json", bad, good)
    assert done.returncode == 1
    first, second = json.loads(done.stdout)
    assert (first["file"], first["policyType"], second["findings"]) == (bad, "identity", [])
    finding = first["findings"][1]
    assert finding["message"].startswith("There is no action")
    assert finding["learnMoreLink"].endswith("#access-analyzer-reference-policy-checks-error-invalid-action")
    rest = {name: finding[name] for name in ("severity", "code", "line", "column", "path")}
    assert rest == {
        "severity": "ERROR", "code": "INVALID_ACTION", "line": 3, "column": 37, "path": "Statement[0].Action[0]",
    }


def test_sarif_has_what_the_standard_requires(bad: str, good: str) -> None:
    done = gatehouse("lint", "--format", "sarif", bad, good)
    log = json.loads(done.stdout)
    check_sarif(log)
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] and driver["version"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    assert {result["ruleId"] for result in run["results"]} == set(ids)
    assert len(run["results"]) == 3
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note") and result["message"]["text"]
        [location] = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == bad
        assert place["region"]["startLine"] >= 1 and place["region"]["startColumn"] >= 1
        assert all(one["fullyQualifiedName"] for one in location.get("logicalLocations", []))


def test_sarif_and_json_of_nothing_are_still_documents(good: str) -> None:
    log = json.loads(gatehouse("lint", "--format", "sarif", good).stdout)
    assert log["runs"][0]["results"] == [] and log["runs"][0]["tool"]["driver"]["rules"] == []
    assert json.loads(gatehouse("lint", "--format", "json", good).stdout)[0]["findings"] == []


def test_github_escapes_what_its_commands_need(tmp_path: Path) -> None:
    path = tmp_path / "a,b%.json"
    path.write_text(statement(Action="s3:100%\nall"))
    done = gatehouse("lint", "--format", "github", str(path))
    [line] = done.stdout.splitlines()
    properties, message = line.removeprefix("::error ").split("::", 1)
    assert properties.startswith("file=" + str(tmp_path) + "/a%2Cb%25.json,line=1,col=")
    assert properties.endswith(",title=INVALID_ACTION")
    assert "s3:100%25%0Aall" in message


def on_terminal(*words: str, **environment: str) -> bytes:
    """What the command writes when its output is a terminal."""
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [str(BINARY), "lint", *words], stdin=subprocess.DEVNULL, stdout=theirs, timeout=PATIENCE,
            env=clean_environment(TERM="xterm", **environment),
        )
        return os.read(ours, 65536)
    finally:
        os.close(ours)
        os.close(theirs)


def test_colours_on_a_terminal_only(bad: str) -> None:
    assert b"\x1b[31merror\x1b[0m INVALID_ACTION" in on_terminal(bad)
    assert b"\x1b[" not in on_terminal(bad, NO_COLOR="1")
    assert "\x1b[" not in gatehouse("lint", bad).stdout


def test_a_document_cannot_write_to_the_terminal() -> None:
    done = from_input(statement(Action="s3:\x1b[2Jx"))
    assert "\x1b" not in done.stdout and "INVALID_ACTION" in done.stdout
