"""Access Analyzer's custom policy checks and ValidatePolicy: AWS's own examples, bad input, denials, large policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import Identity, Trail, allow, deny, error_of

BUCKET = ["arn:aws:s3:::amzn-s3-demo-bucket", "arn:aws:s3:::amzn-s3-demo-bucket/*"]


@pytest.fixture
def api(root: Identity) -> Any:
    return root.client("accessanalyzer")


def document(*statements: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements, **more})


def answer(response: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


# Custom policy checks


def test_new_access_in_the_example_of_the_command_line(root: Identity, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/cli/latest/reference/accessanalyzer/check-no-new-access.html"""
    old, new = tmp_path / "existing-policy.json", tmp_path / "new-policy.json"
    old.write_text(document(allow(["s3:GetObject", "s3:ListBucket"], BUCKET)))
    new.write_text(document(allow(["s3:GetObject", "s3:GetObjectAcl", "s3:ListBucket"], BUCKET)))
    asked = ("accessanalyzer", "check-no-new-access", "--policy-type", "IDENTITY_POLICY")
    existing, modified = ("--existing-policy-document", f"file://{old}"), ("--new-policy-document", f"file://{new}")
    assert root.aws(*asked, *existing, *modified) == {
        "result": "FAIL",
        "message": "The modified permissions grant new access compared to your existing policy.",
        "reasons": [{"description": "New access in the statement with index: 0.", "statementIndex": 0}],
    }
    existing, modified = ("--existing-policy-document", f"file://{new}"), ("--new-policy-document", f"file://{old}")
    assert root.aws(*asked, *existing, *modified) == {
        "result": "PASS",
        "message": "The modified permissions do not grant new access compared to your existing policy.",
    }


def test_a_lost_condition_is_new_access(api: Any) -> None:
    """AWS Security Blog, "Introducing IAM Access Analyzer custom policy checks", example 1."""
    actions, instances = ["ec2:StartInstances", "ec2:StopInstances"], "arn:aws:ec2:*:*:instance/*"
    own = {"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}}
    asked = dict(
        existingPolicyDocument=document(allow(actions, instances, Condition=own)),
        newPolicyDocument=document(allow(actions, instances)), policyType="IDENTITY_POLICY")
    assert api.check_no_new_access(**asked)["result"] == "FAIL"
    asked["newPolicyDocument"] = asked["existingPolicyDocument"]
    assert api.check_no_new_access(**asked)["result"] == "PASS"


def test_a_reference_policy(api: Any) -> None:
    """The same, example 3: everything is allowed but to pass sensitive roles."""
    roles = "arn:aws:iam::*:role/my-sensitive-roles/*"
    reference = document(allow("*", "*"), deny("iam:PassRole", roles))
    asked = dict(existingPolicyDocument=reference, policyType="IDENTITY_POLICY")
    harmless = document(allow("iam:PassRole", "arn:aws:iam::*:role/other/*"))
    assert api.check_no_new_access(newPolicyDocument=harmless, **asked)["result"] == "PASS"
    harmful = document(
        allow("s3:*", "*"), allow("iam:PassRole", "arn:aws:iam::*:role/*", Sid="Pass"), allow("iam:*", "*"))
    assert api.check_no_new_access(newPolicyDocument=harmful, **asked)["reasons"] == [
        {"description": "New access in the statement with sid: Pass.", "statementIndex": 1, "statementId": "Pass"},
        {"description": "New access in the statement with index: 2.", "statementIndex": 2},
    ]


def test_access_that_is_not_granted(api: Any) -> None:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckAccessNotGranted.html, its examples."""
    def policy(action: str, resource: str) -> str:
        return document(
            allow(action, resource, Principal={"AWS": "arn:aws:iam::123456789012:user/JohnDoe"}, Sid="AllowJohnDoe"),
            Id="123")

    def check(access: dict[str, Any], text: str) -> dict[str, Any]:
        return answer(
            api.check_access_not_granted(access=[access], policyDocument=text, policyType="RESOURCE_POLICY"))

    nothing = {
        "result": "PASS",
        "message": "The policy document does not grant access to perform the listed actions or resources.",
    }
    assert check({"actions": ["s3:PutObject"]}, policy("s3:GetObject", "*")) == nothing
    sensitive = {"resources": ["arn:aws:s3:::sensitive-bucket/*"]}
    assert check(sensitive, policy("s3:PutObject", "arn:aws:s3:::non-sensitive-bucket/*")) == nothing
    own = {"resources": ["arn:aws:s3:::my-bucket/*"]}
    assert check(own, policy("s3:PutObject", "arn:aws:s3:::my-bucket/*")) == {
        "result": "FAIL",
        "message": "The policy document grants access to perform one or more of the listed actions or resources.",
        "reasons": [{
            "description": "One or more of the listed actions or resources in the statement with sid: AllowJohnDoe.",
            "statementId": "AllowJohnDoe", "statementIndex": 0,
        }],
    }
    # Both are asked together: at least one of the actions on at least one of the resources.
    both = own | {"actions": ["s3:GetObject"]}
    assert check(both, policy("s3:PutObject", "arn:aws:s3:::my-bucket/*")) == nothing


def test_public_access(api: Any) -> None:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoPublicAccess.html, its examples."""
    def check(principal: Any) -> dict[str, Any]:
        statement = {"Sid": "Bob", "Effect": "Allow", "Principal": principal, "Action": ["s3:GetObject"]}
        return answer(
            api.check_no_public_access(policyDocument=document(statement), resourceType="AWS::S3::Bucket"))

    assert check({"AWS": "arn:aws:iam::111122223333:user/JohnDoe"}) == {
        "result": "PASS",
        "message": "The resource policy does not grant public access for the given resource type.",
    }
    assert check("*") == {
        "result": "FAIL",
        "message": "The resource policy grants public access for the given resource type.",
        "reasons": [{
            "description": "Public access granted in the following statement with sid: Bob.",
            "statementId": "Bob", "statementIndex": 0,
        }],
    }


# What a policy of each type may be about.
ACTIONS = {
    "ApiGateway": "execute-api:Invoke", "Backup": "backup:CopyIntoBackupVault", "CloudTrail": "cloudtrail:StartQuery",
    "CodeArtifact": "codeartifact:ReadFromRepository", "DynamoDB": "dynamodb:GetItem",
    "EFS": "elasticfilesystem:ClientMount", "KMS": "kms:Decrypt", "Kinesis": "kinesis:GetRecords",
    "Lambda": "lambda:InvokeFunction", "OpenSearchService": "es:ESHttpGet", "S3": "s3:GetObject",
    "S3Express": "s3express:CreateSession", "S3Outposts": "s3-outposts:GetObject", "S3Tables": "s3tables:GetTableData",
    "SNS": "sns:Publish", "SQS": "sqs:SendMessage", "SecretsManager": "secretsmanager:GetSecretValue",
}


def test_every_type_is_checked_for_public_access(api: Any) -> None:
    types = api.meta.service_model.shape_for("AccessCheckResourceType").enum
    assert len(types) >= 26
    for name in types:
        trust = name == "AWS::IAM::AssumeRolePolicyDocument"
        action = "sts:AssumeRole" if trust else ACTIONS[name.split("::")[1]]
        where = {} if trust else {"Resource": "*"}
        found = [
            api.check_no_public_access(
                policyDocument=document({"Effect": "Allow", "Action": action, "Principal": principal, **where, **more}),
                resourceType=name)["result"]
            for principal, more in [
                ("*", {}), ({"AWS": "111122223333"}, {}),
                ("*", {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}),
                ("*", {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
            ]
        ]
        assert found == ["FAIL", "PASS", "PASS", "FAIL"], name


def test_trust_policies_are_resource_policies(api: Any) -> None:
    def trust(provider: str) -> str:
        return document({
            "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"})

    asked = dict(newPolicyDocument=trust("accounts.google.com"), policyType="RESOURCE_POLICY")
    assert api.check_no_new_access(existingPolicyDocument=trust("accounts.google.com"), **asked)["result"] == "PASS"
    assert api.check_no_new_access(existingPolicyDocument=trust("www.amazon.com"), **asked)["result"] == "FAIL"


def test_what_is_not_decided_is_no_answer(api: Any) -> None:
    """One key as text with a variable and as a number: in no policy that anybody wrote, and still never a PASS."""
    odd = {"StringEquals": {"s3:prefix": "${aws:username}x"}, "NumericLessThan": {"s3:prefix": "5"}}
    error = error_of(
        api.check_no_new_access, newPolicyDocument=document(allow("s3:GetObject", "*", Condition=odd)),
        existingPolicyDocument=document(deny("*", "*")), policyType="IDENTITY_POLICY")
    assert (error.code, error.status) == ("UnprocessableEntityException", 422)
    assert error.message.startswith("The policy could not be analyzed: ")


def test_bad_input_to_checks(api: Any) -> None:
    good = document(allow("s3:GetObject", "*"))

    def new(**asked: Any) -> Any:
        call = {"newPolicyDocument": good, "existingPolicyDocument": good, "policyType": "IDENTITY_POLICY"} | asked
        return error_of(api.check_no_new_access, **call)

    for text in ("", "{", "[]", "{}", '{"Version": "2012-10-17"}', document({"Effect": "Allow"}), good + " x"):
        for member in ("newPolicyDocument", "existingPolicyDocument"):
            error = new(**{member: text})
            assert (error.code, error.status) == ("InvalidParameterException", 400), text
            assert member in error.message
    named = document(allow("s3:GetObject", "*", Principal="*"))
    assert new(newPolicyDocument=named).code == "InvalidParameterException", "identity policies name nobody"
    assert new(policyType="SERVICE_CONTROL_POLICY").code == "ValidationException"

    def granted(*access: dict[str, Any]) -> str:
        return error_of(
            api.check_access_not_granted, policyDocument=good, access=list(access), policyType="IDENTITY_POLICY").code

    assert granted() == granted({}) == granted({"actions": [], "resources": []}) == "InvalidParameterException"
    for action in ("s3", "s3:", ":GetObject", "s3:Get:Object", "s3:Gét", ""):
        assert granted({"actions": [action]}) == "InvalidParameterException", action
    for resource in ("bucket", "arn:aws:s3", "arn:aws:iam::*:role/x", "arn:aws:*:::x", "arn:aws:s3:::"):
        assert granted({"resources": [resource]}) == "InvalidParameterException", resource
    assert granted({"actions": ["s3:GetObject"]}, {"actions": ["s3:PutObject"]}) == "ValidationException"
    assert granted({"actions": ["s3:GetObject"] * 101}) == "ValidationException"
    assert granted({"resources": ["arn:aws:s3:::b"] * 101}) == "ValidationException"
    assert granted({"resources": ["arn:aws:s3:::" + "b" * 2048]}) == "ValidationException"
    assert api.check_access_not_granted(
        policyDocument=good, access=[{"actions": ["s3:Put*", "*"], "resources": ["*"]}], policyType="IDENTITY_POLICY",
    )["result"] == "FAIL"
    error = error_of(api.check_no_public_access, policyDocument=good, resourceType="AWS::EC2::Instance")
    assert error.code == "ValidationException"


def test_large_policies(api: Any) -> None:
    """Larger than any policy may be that AWS stores: 32 KiB."""
    def policy(count: int, last: str) -> str:
        statements = [
            allow([f"s3:Get*{place}", f"s3:Put?{place}*"], f"arn:aws:s3:::bucket-{place}/*/{place}")
            for place in range(count)
        ]
        return document(*statements, allow(last, "arn:aws:s3:::last/*"))

    for count in (20, 250):
        asked = dict(newPolicyDocument=policy(count, "s3:*"), policyType="IDENTITY_POLICY")
        found = api.check_no_new_access(existingPolicyDocument=policy(count, "s3:GetObject"), **asked)
        assert [reason["statementIndex"] for reason in found["reasons"]] == [count]
        assert api.check_no_new_access(existingPolicyDocument=policy(count, "s3:*"), **asked)["result"] == "PASS"
    error = error_of(
        api.check_no_new_access, newPolicyDocument=policy(2, "s3:*") + " " * (1 << 20),
        existingPolicyDocument=policy(2, "s3:*"), policyType="IDENTITY_POLICY")
    assert error.status in (400, 413)


def hostile(count: int, tail: str) -> list[dict[str, Any]]:
    """Statements whose patterns overlap as badly as patterns can."""
    stars = "*a*b" * 24
    return [
        allow(
            f"s3:*{'?*' * 12}{place % 10}", f"arn:aws:s3:::*{stars}*{place}{tail}",
            Condition={"StringNotLike": {"aws:UserAgent": [f"*{'?*x' * 16}{place}", f"{place}{'*y' * 24}"]}})
        for place in range(count)
    ]


@pytest.mark.parametrize("kind", ["2,000 statements", "wildcards"])
def test_policies_larger_than_any_that_is_stored(api: Any, kind: str) -> None:
    """AWS documents no quota for what is handed in to be checked. Whatever it is, it is answered: where it takes more than the
    budget of the reasoning, by saying so."""
    if kind == "wildcards":
        statements, others = hostile(120, "x*"), hostile(120, "*y")
    else:
        statements = [
            allow([f"s3:Get*{place}", "s3:PutObject"], f"arn:aws:s3:::bucket-{place}/*", Sid=f"S{place}")
            for place in range(2_000)]
        others = [{**one, "Action": "s3:GetObject"} for one in statements]
    text, other = document(*statements), document(*others)
    names = [document(*({**one, "Principal": "*"} for one in statements))]
    names.append(document(*(
        {**one, "Principal": {"AWS": f"arn:aws:iam::{100_000_000_000 + place}:root"}}
        for place, one in enumerate(statements))))
    assert len(text) > (1 << 15) and len(other) > (1 << 15)

    def result(call: Any, **asked: Any) -> str:
        try:
            return str(call(**asked)["result"])
        except api.exceptions.UnprocessableEntityException as error:
            assert "budget" in str(error), error
            return "UNKNOWN"

    same = result(
        api.check_no_new_access, newPolicyDocument=text, existingPolicyDocument=text, policyType="IDENTITY_POLICY")
    new = result(
        api.check_no_new_access, newPolicyDocument=text, existingPolicyDocument=other, policyType="IDENTITY_POLICY")
    granted = result(
        api.check_access_not_granted, policyDocument=text, access=[{"actions": ["s3:*"]}],
        policyType="IDENTITY_POLICY")
    apart = result(
        api.check_access_not_granted, policyDocument=text, access=[{"actions": ["kms:*"]}],
        policyType="IDENTITY_POLICY")
    public = [
        result(api.check_no_public_access, policyDocument=one, resourceType="AWS::S3::Bucket") for one in names]
    # Never a wrong answer.
    assert same in ("PASS", "UNKNOWN") and apart == "PASS"
    assert new in ("FAIL", "UNKNOWN") and granted in ("FAIL", "UNKNOWN")
    assert public[0] in ("FAIL", "UNKNOWN") and public[1] in ("PASS", "UNKNOWN")
    if kind != "wildcards":
        assert (same, new, granted, public[0]) == ("PASS", "FAIL", "FAIL", "FAIL")
    for document_, type in [(text, "IDENTITY_POLICY"), *((one, "RESOURCE_POLICY") for one in names)]:
        found = validate(api, document_, type)
        assert all(one["findingType"] in ("ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION") for one in found)


# ValidatePolicy


def validate(api: Any, text: str, type: str = "IDENTITY_POLICY", **more: Any) -> list[dict[str, Any]]:
    return list(api.validate_policy(policyDocument=text, policyType=type, **more)["findings"])


def test_a_finding_says_what_where_and_why(api: Any) -> None:
    text = """{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:NoSuch"],
    "Resource": "arn:aws:s3:::é/*"
  }]
}"""
    (finding,) = validate(api, text)
    assert finding.pop("findingDetails")
    start = text.index("NoSuch")
    assert finding == {
        "findingType": "ERROR", "issueCode": "INVALID_ACTION",
        "learnMoreLink": "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
        "#access-analyzer-reference-policy-checks-error-invalid-action",
        "locations": [{
            "path": [
                {"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 1},
                {"substring": {"start": 3, "length": 6}},
            ],
            "span": {
                "start": {"line": 5, "column": 35, "offset": start},
                "end": {"line": 5, "column": 41, "offset": start + 6},
            },
        }],
    }


@pytest.mark.parametrize(
    ("text", "code", "path", "part"),
    [
        # What is missing is missing of the whole.
        ('{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}', "MISSING_VERSION", [], None),
        # The name of a member, not its value.
        (
            document(allow("s3:GetObject", "*", Condition={"StringEqual": {"aws:username": "x"}})),
            "INVALID_CONDITION_OPERATOR",
            [{"value": "Statement"}, {"index": 0}, {"value": "Condition"}, {"key": "StringEqual"}],
            '"StringEqual"',
        ),
        # A part of a string.
        (
            document(allow("nosuch:GetObject", "*")), "INVALID_SERVICE_IN_ACTION",
            [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"substring": {"start": 0, "length": 6}}],
            "nosuch",
        ),
        # A value.
        (document(allow("s3:GetObject", "*") | {"Effect": "allow"}), "INVALID_EFFECT",
         [{"value": "Statement"}, {"index": 0}, {"value": "Effect"}], '"allow"'),
        # A statement, in the middle of others.
        (
            document(allow("s3:GetObject", "*"), {"Action": "s3:PutObject", "Resource": ["*"]}), "MISSING_EFFECT",
            [{"value": "Statement"}, {"index": 1}], '{"Action": "s3:PutObject", "Resource": ["*"]}',
        ),
        # No JSON: there is no way to it.
        ('{"Version": "2012-10-17",\n "Statement": x}', "JSON_SYNTAX_ERROR", [], "x"),
    ],
)
def test_locations(api: Any, text: str, code: str, path: list[Any], part: str | None) -> None:
    (location,) = next(one for one in validate(api, text) if one["issueCode"] == code)["locations"]
    assert location["path"] == path
    start, end = location["span"]["start"], location["span"]["end"]
    assert text[start["offset"] : end["offset"]] == (text if part is None else part)
    for place in (start, end):
        before = text[: place["offset"]]
        assert place["line"] == before.count("\n") + 1
        assert place["column"] == len(before) - (before.rfind("\n") + 1)


def test_types_of_policies(api: Any) -> None:
    def codes(text: str, type: str, resource: str | None = None) -> set[str]:
        more = {"validatePolicyResourceType": resource} if resource else {}
        return {finding["issueCode"] for finding in validate(api, text, type, **more)}

    plain = document(allow("s3:GetObject", "arn:aws:s3:::b/*"))
    assert codes(plain, "IDENTITY_POLICY") == set()
    assert "MISSING_PRINCIPAL" in codes(plain, "RESOURCE_POLICY")
    assert "SCP_SYNTAX_ERROR_PRINCIPAL" in codes(
        document(allow("s3:GetObject", "*", Principal="*")), "SERVICE_CONTROL_POLICY")
    assert "RCP_SYNTAX_ERROR_ALLOW" in codes(
        document(allow("s3:GetObject", "*", Principal="*")), "RESOURCE_CONTROL_POLICY")
    everybody = document(allow("sqs:SendMessage", "*", Principal={"AWS": "111122223333"}))
    assert codes(everybody, "RESOURCE_POLICY") == set()
    for name in api.meta.service_model.shape_for("ValidatePolicyResourceType").enum:
        found = codes(everybody, "RESOURCE_POLICY", name)
        wanted = (
            "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE"
            if name == "AWS::IAM::AssumeRolePolicyDocument" else "UNSUPPORTED_ACTION_IN_POLICY")
        assert wanted in found, name
    error = error_of(
        api.validate_policy, policyDocument=plain, policyType="IDENTITY_POLICY",
        validatePolicyResourceType="AWS::S3::Bucket")
    assert (error.code, error.status) == ("ValidationException", 400)


def test_pages_and_locales(api: Any) -> None:
    text = document(*(allow(f"s3:NoSuch{place}", "*") for place in range(25)))
    pages = api.get_paginator("validate_policy").paginate(
        policyDocument=text, policyType="IDENTITY_POLICY", PaginationConfig={"PageSize": 10})
    found = [[finding["locations"][0]["span"]["start"]["offset"] for finding in page["findings"]] for page in pages]
    assert [len(page) for page in found] == [10, 10, 5]
    assert sum(found, []) == [text.index(f"NoSuch{place}\"") for place in range(25)]
    for locale in api.meta.service_model.shape_for("Locale").enum:
        assert len(validate(api, text, locale=locale)) == 25
    for bad in ({"locale": "XX"}, {"maxResults": 0}, {"nextToken": "x"}, {"policyType": "BOUNDARY"}):
        asked = {"policyDocument": text, "policyType": "IDENTITY_POLICY"} | bad
        assert error_of(api.validate_policy, **asked).code == "ValidationException", bad


def test_any_text_can_be_validated(api: Any) -> None:
    texts = ("", " ", "{", "null", '"x"', "[" * 5000, '{"Statement": "', "\u0000", '{"a": "\\', "é", '{"Version": 1')
    for text in texts:
        assert validate(api, text), text
    large = document(*(allow(f"s3:NoSuch{place}", f"arn:aws:s3:::{place}") for place in range(5000)))
    assert len(validate(api, large, maxResults=50)) == 50


# Permissions


def test_denials(root: Identity, new_user: Callable[..., Identity]) -> None:
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "CheckNoNewAccess": (
            "check_no_new_access",
            {"newPolicyDocument": "{", "existingPolicyDocument": "{", "policyType": "IDENTITY_POLICY"}),
        "CheckAccessNotGranted": (
            "check_access_not_granted",
            {"policyDocument": "{", "access": [{"actions": ["s3:*"]}], "policyType": "IDENTITY_POLICY"}),
        "CheckNoPublicAccess": (
            "check_no_public_access", {"policyDocument": "{", "resourceType": "AWS::S3::Bucket"}),
        "ValidatePolicy": ("validate_policy", {"policyDocument": "{", "policyType": "IDENTITY_POLICY"}),
    }
    nobody = new_user("nobody").client("accessanalyzer")
    for place, (action, (operation, asked)) in enumerate(calls.items()):
        error = error_of(getattr(nobody, operation), **asked)
        assert (error.code, error.status) == ("AccessDeniedException", 403), action
        assert f"is not authorized to perform: access-analyzer:{action}" in error.message
        # The actions have no resource: a policy that names an analyzer allows nothing.
        analyzer = "arn:aws:access-analyzer:us-east-1:111122223333:analyzer/x"
        narrow = new_user(f"narrow{place}", allow(f"access-analyzer:{action}", analyzer)).client("accessanalyzer")
        assert error_of(getattr(narrow, operation), **asked).code == "AccessDeniedException", action
        may = new_user(f"may{place}", allow(f"access-analyzer:{action}", "*")).client("accessanalyzer")
        if action == "ValidatePolicy":
            assert may.validate_policy(**asked)["findings"]
        else:
            assert error_of(getattr(may, operation), **asked).code == "InvalidParameterException", action
        other = new_user(f"other{place}", allow("access-analyzer:Get*", "*")).client("accessanalyzer")
        assert error_of(getattr(other, operation), **asked).code == "AccessDeniedException", action


def test_policies_that_are_handed_in_are_not_recorded(api: Any, trail: Trail) -> None:
    text = document(allow("s3:GetObject", "arn:aws:s3:::very-secret/*"))
    api.check_access_not_granted(
        policyDocument=text, access=[{"actions": ["s3:PutObject"]}], policyType="IDENTITY_POLICY")
    event = trail.named("CheckAccessNotGranted")
    assert event["eventSource"] == "access-analyzer.amazonaws.com"
    assert event["readOnly"] is True
    assert "very-secret" not in json.dumps(event)
