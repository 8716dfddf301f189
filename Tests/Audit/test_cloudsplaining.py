"""cloudsplaining reads GetAccountAuthorizationDetails and names the policies that are not least privilege."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import accounts
from conftest import ENVIRONMENTS, run_auditor
from harness import ACCOUNT, Identity, Server, allow, policy, trust
from harness.server import gatehouse


def customer_policies_with_risks(identity: Identity, folder: Path) -> dict[str, set[str]]:
    """The kinds of risk in each policy that the customer wrote and that somebody has."""
    (folder / ".aws").mkdir()
    run_auditor("readers", folder, identity, "cloudsplaining", "download", "--output", str(folder))
    run_auditor(
        "readers", folder, identity, "cloudsplaining", "scan", "--input-file", str(folder / "default.json"),
        "--output", str(folder), "--skip-open-report",
    )  # fmt: skip
    report = json.loads((folder / "iam-results-default.json").read_text())
    kinds = ["PrivilegeEscalation", "ResourceExposure", "ServiceWildcard", "CredentialsExposure", "DataExfiltration"]
    found = {}
    for group in ["customer_managed_policies", "inline_policies"]:
        for policy in report[group].values():
            risks = {kind for kind in kinds if policy.get(kind, {}).get("findings")}
            if risks:
                found[policy["PolicyName"]] = risks
    return found


def test_secured_account_has_no_risks(cloud: Server, tmp_path: Path) -> None:
    found = customer_policies_with_risks(accounts.secure(cloud), tmp_path)
    assert found == {}


def test_careless_account_has_them(cloud: Server, tmp_path: Path) -> None:
    found = customer_policies_with_risks(accounts.careless(cloud), tmp_path)
    assert set(found) == {"everything"}
    assert {"PrivilegeEscalation", "ResourceExposure", "DataExfiltration"} <= found["everything"]


# What cloudsplaining knows of privilege escalation, of which it looks at the actions alone, and `gatehouse escalate` at whether
# something is reached by them.

# It names the first request of several: without the others, nothing runs as the role.
MORE_IS_NEEDED = {
    "PassExistingRoleToNewDataPipeline": ["datapipeline:putpipelinedefinition", "datapipeline:activatepipeline"],
    "PassExistingRoleToNewSageMakerNotebookInstance": ["sagemaker:createpresignednotebookinstanceurl"],
}
SERVICES = [
    "apprunner", "bedrock-agentcore", "cloudformation", "codebuild", "datapipeline", "ec2", "ecs-tasks", "glue", "lambda",
    "sagemaker", "tasks.apprunner",
]  # fmt: skip


def known_methods() -> dict[str, list[str]]:
    script = "import json, cloudsplaining.shared.constants as known; print(json.dumps(known.PRIVILEGE_ESCALATION_METHODS))"
    python = ENVIRONMENTS / "readers" / "bin" / "python"
    done = subprocess.run([str(python), "-c", script], capture_output=True, text=True, timeout=120, check=True)
    methods: dict[str, list[str]] = json.loads(done.stdout)
    return methods


def account(folder: Path, actions: list[str]) -> str:
    """A user with these actions, and whatever they could be of use with."""

    def arn(name: str) -> str:
        return f"arn:aws:iam::{ACCOUNT}:{name}"

    def inline(*statements: dict[str, object]) -> list[dict[str, object]]:
        return [{"PolicyName": "own", "PolicyDocument": json.loads(policy(*statements))}]

    def role(name: str, trusted: dict[str, str], *statements: dict[str, object], **more: object) -> dict[str, object]:
        return {
            "RoleName": name, "Arn": arn(f"role/{name}"), "AssumeRolePolicyDocument": json.loads(trust(trusted)),
            "RolePolicyList": inline(*statements), "AttachedManagedPolicies": [], **more,
        }  # fmt: skip

    attached = [{"PolicyName": "shared", "PolicyArn": arn("policy/shared")}]
    little, all_there_is = allow("s3:ListAllMyBuckets"), allow("*")
    versions = [
        {"VersionId": f"v{number}", "IsDefaultVersion": number == 2, "Document": json.loads(policy(statement))}
        for number, statement in ((2, little), (1, all_there_is))
    ]
    users = [
        {
            "UserName": "dev", "Arn": arn("user/dev"), "GroupList": ["staff"], "AttachedManagedPolicies": attached,
            "UserPolicyList": inline(allow(actions)),
        },
        {
            "UserName": "admin", "Arn": arn("user/admin"), "GroupList": [], "AttachedManagedPolicies": [],
            "UserPolicyList": inline(all_there_is),
        },
    ]  # fmt: skip
    groups = [
        {"GroupName": name, "Arn": arn(f"group/{name}"), "GroupPolicyList": inline(statement), "AttachedManagedPolicies": []}
        for name, statement in (("staff", little), ("admins", all_there_is))
    ]
    roles = [
        role(f"of-{service}", {"Service": f"{service}.amazonaws.com"}, all_there_is,
             InstanceProfileList=[{"InstanceProfileName": service}])
        for service in SERVICES
    ] + [role("own", {"AWS": arn("user/dev")}, little, AttachedManagedPolicies=attached)]  # fmt: skip
    policies = [{"PolicyName": "shared", "Arn": arn("policy/shared"), "PolicyVersionList": versions}]
    file = folder / "account.json"
    lists = {"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies}
    file.write_text(json.dumps(lists))
    return str(file)


def test_what_it_calls_privilege_escalation_is_a_path(tmp_path: Path) -> None:
    methods = known_methods()
    assert len(methods) > 50 and set(MORE_IS_NEEDED) <= set(methods)
    missed = []
    for name, actions in methods.items():
        file = account(tmp_path, actions + MORE_IS_NEEDED.get(name, []))
        done = gatehouse("escalate", f"arn:aws:iam::{ACCOUNT}:user/dev", "--from", file, within=60)
        if done.returncode != 1:
            missed.append((name, done.stdout, done.stderr))
    assert missed == []
    # And who has but the smallest part of it, listing and describing, has none.
    file = account(tmp_path, ["ec2:describeinstances", "ecs:describetasks", "dynamodb:createtable"])
    assert gatehouse("escalate", f"arn:aws:iam::{ACCOUNT}:user/dev", "--from", file).returncode == 0
