"""`gatehouse map`: what requests ask for where Gatehouse stands before other endpoints."""

import json
from pathlib import Path

import pytest

from harness.server import gatehouse


def test_one_operation() -> None:
    done = gatehouse("map", "sqs", "SendMessageBatch")
    assert done.returncode == 0
    assert done.stdout == (
        "sqs SendMessageBatch: written by hand for the service\n"
        "  sqs:SendMessage\n"
        "    on arn:{partition}:sqs:{region}:{account}:{QueueUrl tail}\n"
    )


def test_all_operations_of_a_service_as_json() -> None:
    done = gatehouse("map", "glue", "--format", "json")
    operations = {one["operation"]: one for one in json.loads(done.stdout)}
    assert len(operations) == 265
    job = operations["CreateJob"]
    assert job["coverage"] == "resources" and job["source"] == "names"
    assert [access["action"] for access in job["accesses"]] == ["glue:CreateJob", "iam:PassRole"]
    assert job["accesses"][1]["keys"] == {"iam:passedtoservice": ["glue.amazonaws.com"]}
    table = operations["GetTable"]
    assert table["source"] == "table"
    assert "arn:{partition}:glue:{region}:{account}:table/{DatabaseName}/{Name}" in table["accesses"][0]["resources"]


def test_services_that_sign_by_one_name() -> None:
    listed = json.loads(gatehouse("map", "elasticloadbalancing", "--format", "json").stdout)
    assert {one["service"] for one in listed} == {"elb", "elbv2"}


def test_what_is_not_mapped_says_why_and_what_to_do() -> None:
    done = gatehouse("map", "codecatalyst", "CreateProject")
    assert done.returncode == 0
    assert "not mapped, so that every request is denied" in done.stdout
    assert "map codecatalyst CreateProject = ACTION on RESOURCE" in done.stdout


def test_the_configuration_comes_first(tmp_path: Path) -> None:
    config = tmp_path / "gate.conf"
    config.write_text(
        "* = http://127.0.0.1:5000\n"
        "map codecatalyst CreateProject = codecatalyst:CreateProject on arn:{partition}:codecatalyst:::space/{spaceName}\n"
    )
    done = gatehouse("map", "codecatalyst", "CreateProject", "--config", str(config))
    assert done.stdout == (
        "codecatalyst CreateProject: declared in the configuration\n"
        "  codecatalyst:CreateProject\n"
        "    on arn:{partition}:codecatalyst:::space/{spaceName}\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "there is no service 'nonsense'"),
        (("sqs", "Nonsense"), "sqs has no operation 'Nonsense'"),
        (("sqs", "--config", "/nonexistent"), "/nonexistent: can't be read"),
    ],
)
def test_what_is_not_there(words: tuple[str, ...], said: str) -> None:
    done = gatehouse("map", *words)
    assert done.returncode == 1 and said in done.stderr and not done.stdout


@pytest.mark.parametrize("words", [(), ("sqs", "--report"), ("sqs", "--format", "markdown")])
def test_words_that_contradict_each_other(words: tuple[str, ...]) -> None:
    assert gatehouse("map", *words).returncode == 64


def test_a_configuration_that_cannot_be_read_says_where(tmp_path: Path) -> None:
    config = tmp_path / "gate.conf"
    config.write_text("* = http://127.0.0.1:5000\n\nmap sqs SendMessage = nonsense\n")
    done = gatehouse("map", "sqs", "--config", str(config))
    assert done.returncode == 1 and "line 3" in done.stderr
