"""IAM's policy simulator, and encoded authorization messages."""

import json
from typing import Any
from collections.abc import Callable

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy, trust
from harness.server import gatehouse

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
OBJECT = "arn:aws:s3:::bucket/key"
OTHER_ACCOUNT = "444455556666"


def entry(name: str, value: str | list[str], kind: str = "string") -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    return {"ContextKeyName": name, "ContextKeyValues": values, "ContextKeyType": kind}


def custom(root: Identity, *documents: str, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    """The only result of SimulateCustomPolicy for one action."""
    answer = root.iam.simulate_custom_policy(PolicyInputList=list(documents), ActionNames=[action], **more)
    assert len(answer["EvaluationResults"]) == 1 and not answer["IsTruncated"]
    return answer["EvaluationResults"][0]


# SimulateCustomPolicy


def test_the_three_decisions(root: Identity) -> None:
    allowed = custom(root, policy(allow("s3:*")))
    assert (allowed["EvalActionName"], allowed["EvalResourceName"]) == ("s3:GetObject", "*")
    assert allowed["EvalDecision"] == "allowed"
    assert [one["SourcePolicyId"] for one in allowed["MatchedStatements"]] == ["PolicyInputList.1"]
    assert allowed["MissingContextValues"] == []
    assert "PermissionsBoundaryDecisionDetail" not in allowed and "OrganizationsDecisionDetail" not in allowed

    implicit = custom(root, policy(allow("iam:*")))
    assert (implicit["EvalDecision"], implicit["MatchedStatements"]) == ("implicitDeny", [])

    # Of a deny, the denying statement alone is listed.
    explicit = custom(root, policy(allow("s3:*")), policy(deny("s3:Get*")))
    assert explicit["EvalDecision"] == "explicitDeny"
    assert [one["SourcePolicyId"] for one in explicit["MatchedStatements"]] == ["PolicyInputList.2"]


def test_positions_of_statements_are_those_of_aws(root: Identity) -> None:
    # The example of the AWS CLI's own help for simulate-custom-policy.
    alone = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )
    date = entry("aws:CurrentTime", "2019-04-25T11:00:00Z", "date")
    result = custom(root, alone, action="dynamodb:CreateBackup", ContextEntries=[date])
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["StartPosition"] == {"Line": 1, "Column": 38}
    assert result["MatchedStatements"][0]["EndPosition"] == {"Line": 1, "Column": 167}
    before = entry("aws:CurrentTime", "2014-04-25T11:00:00Z", "date")
    assert custom(root, alone, action="dynamodb:CreateBackup", ContextEntries=[before])["EvalDecision"] == "implicitDeny"

    # In a list, over several lines.
    listed = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*"), allow("s3:Get*")]}, indent=4)
    first, second = custom(root, listed)["MatchedStatements"]
    assert first["StartPosition"] == {"Line": 3, "Column": 19}
    assert first["EndPosition"] == second["StartPosition"] == {"Line": 8, "Column": 10}
    assert second["EndPosition"] == {"Line": 13, "Column": 10}


def test_context_keys(root: Identity) -> None:
    document = policy(
        allow("s3:*", Condition={"StringEquals": {"aws:username": "alice"}, "ForAnyValue:StringLike": {"aws:TagKeys": "a*"}})
    )
    without = custom(root, document)
    assert without["EvalDecision"] == "implicitDeny"
    assert sorted(without["MissingContextValues"]) == ["aws:TagKeys", "aws:username"]
    keys = [entry("AWS:UserName", "alice"), entry("aws:tagkeys", ["b", "ab"], "stringList")]
    given = custom(root, document, ContextEntries=keys)
    assert (given["EvalDecision"], given["MissingContextValues"]) == ("allowed", [])
    # Of a named resource they are told in a result of its own.
    named = custom(root, document, ResourceArns=[OBJECT])
    assert named["MissingContextValues"] == []
    (specific,) = named["ResourceSpecificResults"]
    assert (specific["EvalResourceName"], specific["EvalResourceDecision"]) == (OBJECT, "implicitDeny")
    assert sorted(specific["MissingContextValues"]) == ["aws:TagKeys", "aws:username"]


def test_boundary(root: Identity) -> None:
    everything = policy(allow("*"))
    within = custom(root, everything, PermissionsBoundaryPolicyInputList=[policy(allow("s3:*"))])
    assert within["EvalDecision"] == "allowed"
    assert within["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    beyond = custom(root, everything, PermissionsBoundaryPolicyInputList=[policy(allow("iam:*"))])
    assert beyond["EvalDecision"] == "implicitDeny"
    assert beyond["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_resource_policy(root: Identity) -> None:
    document = policy({"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "s3:GetObject", "Resource": "*"})
    nothing = policy(allow("iam:*"))
    same = custom(root, nothing, ResourcePolicy=document, CallerArn=ALICE, ResourceArns=[OBJECT])
    assert (same["EvalDecision"], same.get("EvalDecisionDetails", {})) == ("allowed", {})
    assert [one["SourcePolicyId"] for one in same["MatchedStatements"]] == ["ResourcePolicy"]
    owner = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
    across = custom(
        root, nothing, ResourcePolicy=document, CallerArn=ALICE, ResourceOwner=owner, ResourceArns=[OBJECT]
    )
    assert across["EvalDecision"] == "implicitDeny"
    assert across["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    both = custom(
        root, policy(allow("s3:*")), ResourcePolicy=document, CallerArn=ALICE, ResourceOwner=owner, ResourceArns=[OBJECT]
    )
    assert both["EvalDecision"] == "allowed"


def test_pages_hold_every_combination_once(root: Identity) -> None:
    actions = ["s3:GetObject", "s3:PutObject", "iam:GetUser"]
    resources = [f"arn:aws:s3:::b/{number}" for number in range(5)]
    pages = root.iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[policy(allow("s3:*"))],
        ActionNames=actions,
        ResourceArns=resources,
        PaginationConfig={"PageSize": 4},
    )
    found = [(one["EvalActionName"], one["EvalResourceName"]) for page in pages for one in page["EvaluationResults"]]
    assert found == [(action, resource) for action in actions for resource in resources]


def test_bad_input(root: Identity) -> None:
    good = {"PolicyInputList": [policy(allow("*"))], "ActionNames": ["s3:GetObject"]}
    bad: list[dict[str, Any]] = [
        {"PolicyInputList": ["{}"]},
        {"PolicyInputList": ['{"Version":"2012-10-17","Statement":{"Effect":"Alow","Action":"*","Resource":"*"}}']},
        {"ActionNames": ["GetObject"]},
        {"ActionNames": ["s3:Get*"]},
        {"ResourceArns": ["bucket"]},
        {"CallerArn": f"arn:aws:iam::{ACCOUNT}:role/r"},
        {"ResourcePolicy": policy({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"})},
        {"ResourceOwner": "somebody"},
        {"PermissionsBoundaryPolicyInputList": [policy(allow("*"))] * 2},
        {"ContextEntries": [entry("aws:username", ["a", "b"])]},
        {"ContextEntries": [entry("a:number", "many", "numeric")]},
        {"ContextEntries": [entry("aws:username", "a"), entry("AWS:username", "b")]},
    ]
    for change in bad:
        refused = error_of(root.iam.simulate_custom_policy, **(good | change))
        assert (refused.status, refused.code) == (400, "InvalidInput"), change
        assert refused.message, change
    assert error_of(root.iam.simulate_custom_policy, **good, Marker="bm9uZQ==").code == "ValidationError"


# SimulatePrincipalPolicy


def test_a_user_with_all_that_binds_it(root: Identity, new_user: Callable[..., Identity]) -> None:
    iam = root.iam
    new_user("alice", allow("s3:GetObject"))
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="in", PolicyDocument=policy(allow("s3:Get*")))
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")

    def simulate(action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
        answer = iam.simulate_principal_policy(PolicySourceArn=ALICE, ActionNames=[action], **more)
        return answer["EvaluationResults"][0]

    result = simulate()
    assert result["EvalDecision"] == "allowed"
    assert {one["SourcePolicyId"] for one in result["MatchedStatements"]} == {
        "user_alice_own", "group_g_in", "AmazonS3ReadOnlyAccess",
    }
    assert {one["SourcePolicyType"] for one in result["MatchedStatements"]} == {"IAM Policy"}
    assert simulate("s3:PutObject")["EvalDecision"] == "implicitDeny"
    # What is given is added to what the user has.
    assert simulate("s3:PutObject", PolicyInputList=[policy(allow("s3:*"))])["EvalDecision"] == "allowed"

    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    bounded = simulate()
    assert bounded["EvalDecision"] == "implicitDeny"
    assert bounded["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    # A boundary that is given stands for the one that the user has.
    assert simulate(PermissionsBoundaryPolicyInputList=[policy(allow("*"))])["EvalDecision"] == "allowed"


def test_groups_and_roles(root: Identity, new_role: Callable[..., str]) -> None:
    role = new_role("r", trust(ACCOUNT), allow("sqs:*"))
    root.iam.create_group(GroupName="g")
    root.iam.put_group_policy(GroupName="g", PolicyName="in", PolicyDocument=policy(allow("sns:*")))
    group = f"arn:aws:iam::{ACCOUNT}:group/g"
    for arn, action, source in [(role, "sqs:SendMessage", "role_r_own"), (group, "sns:Publish", "group_g_in")]:
        answer = root.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action, "s3:GetObject"])
        first, second = answer["EvaluationResults"]
        assert (first["EvalDecision"], second["EvalDecision"]) == ("allowed", "implicitDeny")
        assert [one["SourcePolicyId"] for one in first["MatchedStatements"]] == [source]


def test_who_does_not_exist(root: Identity) -> None:
    def refused(arn: str):
        return error_of(root.iam.simulate_principal_policy, PolicySourceArn=arn, ActionNames=["s3:GetObject"])

    assert (refused(ALICE).status, refused(ALICE).code) == (404, "NoSuchEntity")
    # Another account's users are nobody's to look at, not even root's.
    assert refused(f"arn:aws:iam::{OTHER_ACCOUNT}:user/alice").code == "AccessDenied"
    nobody = refused(f"arn:aws:iam::{ACCOUNT}:root")
    assert (nobody.status, nobody.code) == (400, "InvalidInput")
    assert nobody.message == (
        f"Invalid Entity Arn: arn:aws:iam::{ACCOUNT}:root does not clearly define entity type and name."
    )


def test_simulation_and_reality_agree(root: Identity, new_user: Callable[..., Identity]) -> None:
    user = new_user("alice", allow("iam:List*"), deny("iam:ListRoles"))
    calls = {"iam:ListUsers": user.iam.list_users, "iam:ListRoles": user.iam.list_roles,
             "iam:GetAccountSummary": user.iam.get_account_summary}
    answer = root.iam.simulate_principal_policy(PolicySourceArn=ALICE, ActionNames=list(calls))
    for result in answer["EvaluationResults"]:
        call = calls[result["EvalActionName"]]
        if result["EvalDecision"] == "allowed":
            call()
        else:
            assert error_of(call).code == "AccessDenied"


# The keys that policies ask for


def test_context_keys_of_policies(root: Identity, new_user: Callable[..., Identity]) -> None:
    document = policy(
        allow("s3:*", "arn:aws:s3:::home/${aws:username}/*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        allow("s3:*", Condition={"StringEquals": {"AWS:USERNAME": "${aws:PrincipalTag/team, 'none'}${*}"}}),
    )
    custom_keys = root.iam.get_context_keys_for_custom_policy(PolicyInputList=[document])["ContextKeyNames"]
    assert custom_keys == ["aws:username", "aws:SecureTransport", "aws:PrincipalTag/team"]
    new_user("alice", allow("s3:*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))
    own = root.iam.get_context_keys_for_principal_policy(PolicySourceArn=ALICE, PolicyInputList=[document])
    assert sorted(own["ContextKeyNames"]) == sorted(["aws:PrincipalOrgID", *custom_keys])
    assert error_of(root.iam.get_context_keys_for_custom_policy, PolicyInputList=["{}"]).code == "InvalidInput"


# Who may simulate


def test_permission_is_asked_for_the_one_who_is_simulated(root: Identity, new_user: Callable[..., Identity]) -> None:
    user = new_user("alice", allow("iam:SimulatePrincipalPolicy", ALICE))
    root.iam.create_user(UserName="bob")
    user.iam.simulate_principal_policy(PolicySourceArn=ALICE, ActionNames=["s3:GetObject"])
    bob = f"arn:aws:iam::{ACCOUNT}:user/bob"
    refused = error_of(user.iam.simulate_principal_policy, PolicySourceArn=bob, ActionNames=["s3:GetObject"])
    assert refused.code == "AccessDenied" and f"on resource: {bob}" in refused.message


# The aws CLI


def test_by_the_cli(root: Identity, new_user: Callable[..., Identity]) -> None:
    new_user("alice", allow("codecommit:ListRepositories"))
    answer = root.aws(
        "iam", "simulate-principal-policy", "--policy-source-arn", ALICE, "--action-names", "codecommit:ListRepositories"
    )
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
    dated = policy(allow("dynamodb:*", Condition={"DateGreaterThan": {"aws:CurrentTime": "2018-08-16T12:00:00Z"}}))
    answer = root.aws(
        "iam", "simulate-custom-policy", "--policy-input-list", dated, "--action-names", "dynamodb:CreateBackup",
        "--context-entries", "ContextKeyName='aws:CurrentTime',ContextKeyValues='2019-04-25T11:00:00Z',ContextKeyType=date",
    )  # fmt: skip
    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"


# Encoded authorization messages


def test_rule59_an_encoded_denial_is_for_whoever_may_decode_it(durable: Callable[..., Server]) -> None:
    with durable() as server:
        root = server.root
        root.iam.create_user(UserName="alice")
        root.iam.put_user_policy(
            UserName="alice", PolicyName="p",
            PolicyDocument=policy(allow("iam:*"), deny("iam:DeleteUser", Sid="Keep")),
        )  # fmt: skip
        alice = Identity.of_key(server.url, root.iam.create_access_key(UserName="alice")["AccessKey"])
        denied = error_of(alice.iam.delete_user, UserName="alice")
        Trail(root).of(denied)

        done = gatehouse("why", "--encoded", denied.request_id, "--data", str(server.data))
        assert done.returncode == 0, done.stderr
        encoded = done.stdout.strip()
        assert "alice" not in encoded

        decoded = json.loads(root.sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
        assert (decoded["allowed"], decoded["explicitDeny"]) == (False, True)
        (statement,) = decoded["matchedStatements"]["items"]
        assert (statement["statementId"], statement["effect"]) == ("Keep", "DENY")
        assert statement["actions"]["items"] == [{"value": "iam:DeleteUser"}]
        context = decoded["context"]
        assert context["principal"]["arn"] == ALICE and context["principal"]["name"] == "alice"
        assert (context["action"], context["resource"]) == ("iam:DeleteUser", ALICE)
        conditions = {one["key"]: one["values"]["items"][0]["value"] for one in context["conditions"]["items"]}
        assert conditions["aws:username"] == "alice" and conditions["aws:PrincipalAccount"] == ACCOUNT

        # Not by whom it denied, not changed, and not what nobody encoded.
        assert error_of(alice.sts.decode_authorization_message, EncodedMessage=encoded).code == "AccessDenied"
        changed = encoded[:-8] + ("AAAA" if encoded[-8:-4] != "AAAA" else "BBBB") + encoded[-4:]
        for wrong in (changed, "AAAA", "not base64!"):
            refused = error_of(root.sts.decode_authorization_message, EncodedMessage=wrong)
            assert (refused.status, refused.code) == (400, "InvalidAuthorizationMessageException")
        answer = root.aws("sts", "decode-authorization-message", "--encoded-message", encoded)
        assert json.loads(answer["DecodedMessage"]) == decoded


# EC2's scenarios

EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}:"
LAUNCH = {
    "instance": EC2 + "instance/*",
    "image": "arn:aws:ec2:us-east-1::image/ami-1",
    "security group": EC2 + "security-group/sg-1",
    "network interface": EC2 + "network-interface/*",
    "subnet": EC2 + "subnet/subnet-1",
    "volume": EC2 + "volume/*",
}


@pytest.mark.parametrize(
    ("scenario", "needed"),
    [
        ("EC2-VPC-InstanceStore", ["network interface"]),
        ("EC2-VPC-InstanceStore-Subnet", ["network interface", "subnet"]),
        ("EC2-VPC-EBS", ["network interface", "volume"]),
        ("EC2-VPC-EBS-Subnet", ["network interface", "subnet", "volume"]),
        ("EC2-Classic-InstanceStore", []),
        ("EC2-Classic-EBS", ["volume"]),
    ],
)
def test_a_scenario_needs_its_resources(root: Identity, scenario: str, needed: list[str]) -> None:
    def simulate(kinds: list[str]) -> dict:
        return root.iam.simulate_custom_policy(
            PolicyInputList=[policy(allow("ec2:RunInstances"))], ActionNames=["ec2:RunInstances"],
            ResourceArns=[LAUNCH[kind] for kind in kinds], ResourceHandlingOption=scenario,
        )  # fmt: skip

    kinds = ["instance", "image", "security group", *needed]
    assert simulate(kinds)["EvaluationResults"][0]["EvalDecision"] == "allowed"
    for missing in kinds:
        refused = error_of(simulate, kinds=[kind for kind in kinds if kind != missing])
        assert (refused.status, refused.code) == (400, "InvalidInput")
        assert missing.replace(" ", "-") in refused.message


def test_a_scenario_asks_about_all_its_resources_together(root: Identity) -> None:
    launch = allow("ec2:RunInstances", [LAUNCH[kind] for kind in LAUNCH if kind != "volume"])
    tagged = {**allow("ec2:RunInstances", LAUNCH["volume"]), "Condition": {"Bool": {"ec2:Encrypted": "true"}}}

    def simulate(*context: dict, documents: tuple = (policy(launch, tagged),)) -> dict:
        answer = root.iam.simulate_custom_policy(
            PolicyInputList=list(documents), ActionNames=["ec2:RunInstances"], ContextEntries=list(context),
            ResourceArns=list(LAUNCH.values()), ResourceHandlingOption="EC2-VPC-EBS-Subnet",
        )  # fmt: skip
        (result,) = answer["EvaluationResults"]
        return result

    missing = simulate()
    assert (missing["EvalDecision"], missing["MatchedStatements"]) == ("implicitDeny", [])
    specific = {one["EvalResourceName"]: one for one in missing["ResourceSpecificResults"]}
    assert list(specific) == list(LAUNCH.values())
    decisions = {name: one["EvalResourceDecision"] for name, one in specific.items()}
    assert decisions == {arn: "implicitDeny" if "volume" in arn else "allowed" for arn in LAUNCH.values()}
    assert specific[LAUNCH["volume"]]["MissingContextValues"] == ["ec2:Encrypted"]

    encrypted = {"ContextKeyName": "ec2:Encrypted", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}
    allowed = simulate(encrypted)
    assert allowed["EvalDecision"] == "allowed" and len(allowed["MatchedStatements"]) == 2

    denied = simulate(encrypted, documents=(policy(launch, tagged), policy(deny("*", LAUNCH["subnet"]))))
    assert denied["EvalDecision"] == "explicitDeny"
    (statement,) = denied["MatchedStatements"]
    assert statement["SourcePolicyId"] == "PolicyInputList.2"


def test_an_unknown_scenario_is_refused(root: Identity) -> None:
    for name in ("EC2", "EC2-VPC", "EC2-Classic-EBS-Subnet", "RDS-VPC-EBS"):
        refused = error_of(
            root.iam.simulate_custom_policy, PolicyInputList=[policy(allow("ec2:RunInstances"))],
            ActionNames=["ec2:RunInstances"], ResourceArns=list(LAUNCH.values()), ResourceHandlingOption=name,
        )  # fmt: skip
        assert (refused.status, refused.code) == (400, "InvalidInput")
