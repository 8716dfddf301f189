"""WAF: web ACLs, rule groups and what they refer to, capacity, associations, logs, and what AWS refuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, allow, error_of, policy

VISIBILITY = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "shop"}
NONE = [{"Priority": 0, "Type": "NONE"}]
LOAD_BALANCER = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/shop/50dc6c495c0c9188"


@pytest.fixture
def waf(root: Identity) -> Any:
    return root.client("wafv2")


def rule(statement: dict[str, Any], priority: int = 0, **more: Any) -> dict[str, Any]:
    effect = {} if "OverrideAction" in more else {"Action": {"Block": {}}}
    return {
        "Name": f"rule{priority}", "Priority": priority, "Statement": statement, "VisibilityConfig": VISIBILITY,
    } | effect | more  # fmt: skip


def contains(text: str, **more: Any) -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "SearchString": text.encode(), "FieldToMatch": {"UriPath": {}}, "TextTransformations": NONE,
            "PositionalConstraint": "CONTAINS",
        } | more
    }  # fmt: skip


def new_acl(
    waf: Any, *rules: dict[str, Any], name: str = "shop", scope: str = "REGIONAL", **more: Any
) -> dict[str, Any]:
    given = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": VISIBILITY, "Rules": list(rules)} | more
    return dict(waf.create_web_acl(Name=name, Scope=scope, **given)["Summary"])


def new_group(
    waf: Any, *rules: dict[str, Any], capacity: int = 100, name: str = "attacks", **more: Any
) -> dict[str, Any]:
    given = {"Capacity": capacity, "VisibilityConfig": VISIBILITY, "Rules": list(rules)} | more
    return dict(waf.create_rule_group(Name=name, Scope="REGIONAL", **given)["Summary"])


# Web ACLs


def test_a_web_acl_comes_back_as_it_was_made(waf: Any) -> None:
    response = {"ResponseCode": 429, "CustomResponseBodyKey": "slow", "ResponseHeaders": [{"Name": "a", "Value": "b"}]}
    rules = [
        rule(contains("admin"), Action={"Block": {"CustomResponse": response}}, RuleLabels=[{"Name": "path:admin"}]),
        rule({"NotStatement": {"Statement": {"GeoMatchStatement": {"CountryCodes": ["DE"]}}}}, 1, Action={"Count": {}}),
        rule(
            {
                "RateBasedStatement": {
                    "Limit": 100, "EvaluationWindowSec": 60, "AggregateKeyType": "CUSTOM_KEYS",
                    "CustomKeys": [{"IP": {}}, {"Header": {"Name": "x", "TextTransformations": NONE}}],
                    "ScopeDownStatement": contains("login"),
                }
            }, 2, Action={"Captcha": {}}, CaptchaConfig={"ImmunityTimeProperty": {"ImmunityTime": 60}},
        ),
    ]  # fmt: skip
    bodies = {"slow": {"ContentType": "APPLICATION_JSON", "Content": "{}"}}
    made = new_acl(waf, *rules, CustomResponseBodies=bodies, TokenDomains=["shop.example"])
    answer = waf.get_web_acl(Name="shop", Scope="REGIONAL", Id=made["Id"])
    acl = answer["WebACL"]
    assert acl["Rules"] == rules
    assert acl["CustomResponseBodies"] == bodies and acl["DefaultAction"] == {"Allow": {}}
    assert acl["LabelNamespace"] == f"awswaf:{ACCOUNT}:webacl:shop:"
    assert acl["Capacity"] == 10 + 1 + (2 + 2 * 30 + 10)
    assert waf.get_web_acl(ARN=made["ARN"])["WebACL"] == acl
    assert error_of(waf.get_web_acl, ARN=made["ARN"], Name="shop").code == "WAFInvalidParameterException"
    token = waf.update_web_acl(
        Name="shop", Scope="REGIONAL", Id=made["Id"], LockToken=answer["LockToken"], DefaultAction={"Block": {}},
        VisibilityConfig=VISIBILITY,
    )["NextLockToken"]  # fmt: skip
    changed = waf.get_web_acl(ARN=made["ARN"])["WebACL"]
    assert changed["Rules"] == [] and changed["DefaultAction"] == {"Block": {}} and changed["Capacity"] == 0
    waf.delete_web_acl(Name="shop", Scope="REGIONAL", Id=made["Id"], LockToken=token)
    assert waf.list_web_acls(Scope="REGIONAL")["WebACLs"] == []


EXACTLY_ONE = "You have used none or multiple values for a field that requires exactly one value."
REFERENCE = "A reference in your rule statement is not valid."
FORMAT = "The parameter contains formatting that is not valid."
MANAGED = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
TWO = [{"Priority": 0, "Type": "NONE"}, {"Priority": 0, "Type": "LOWERCASE"}]
NO_BODY = {"Block": {"CustomResponse": {"ResponseCode": 400, "CustomResponseBodyKey": "x"}}}
AHEAD = {"RegexString": "a(?=b)", "FieldToMatch": {"UriPath": {}}, "TextTransformations": NONE}


def rate(kind: str, **more: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": kind} | more}


def fraud(name: str, *configs: dict[str, Any]) -> dict[str, Any]:
    group = {"VendorName": "AWS", "Name": f"AWSManagedRules{name}RuleSet", "ManagedRuleGroupConfigs": list(configs)}
    return rule({"ManagedRuleGroupStatement": group}, OverrideAction={"None": {}})


FIELDS = {"PayloadType": "JSON", "UsernameField": {"Identifier": "/u"}, "PasswordField": {"Identifier": "p"}}
ATP = {"AWSManagedRulesATPRuleSet": {"LoginPath": "/login", "RequestInspection": FIELDS}}

#: What is wrong, the rule, and the field and the reason that the error names.
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("no statement", rule({}), "STATEMENT", EXACTLY_ONE),
    ("two statements", rule(contains("a") | {"GeoMatchStatement": {"CountryCodes": ["DE"]}}), "STATEMENT", EXACTLY_ONE),
    ("one of or", rule({"OrStatement": {"Statements": [contains("a")]}}), "OR_STATEMENT", "You haven't met a minimum"),
    ("no action", rule(contains("a"), Action={}), "RULE_ACTION", EXACTLY_ONE),
    ("two actions", rule(contains("a"), Action={"Allow": {}, "Block": {}}), "RULE_ACTION", EXACTLY_ONE),
    ("a group's action", rule(contains("a"), OverrideAction={"None": {}}), "RULE_ACTION", EXACTLY_ONE),
    ("an action for a group", rule(MANAGED), "RULE", REFERENCE),
    ("two words", rule(contains("a b", PositionalConstraint="CONTAINS_WORD")), "BYTE_MATCH_STATEMENT", FORMAT),
    ("no field", rule(contains("a", FieldToMatch={})), "FIELD_TO_MATCH", EXACTLY_ONE),
    (
        "part of a fingerprint",
        rule(contains("a", FieldToMatch={"JA3Fingerprint": {"FallbackBehavior": "MATCH"}})),
        "FIELD_TO_MATCH",
        "",
    ),
    ("two of a priority", rule(contains("a", TextTransformations=TWO)), "TEXT_TRANSFORMATION", ""),
    ("a rate in a not", rule({"NotStatement": {"Statement": rate("IP")}}), "STATEMENT", ""),
    ("no scope", rule(rate("CONSTANT")), "SCOPE_DOWN", ""),
    ("no header", rule(rate("FORWARDED_IP")), "FORWARDED_IP_CONFIG", ""),
    ("no keys", rule(rate("CUSTOM_KEYS")), "CUSTOM_KEYS", ""),
    ("an address alone", rule(rate("CUSTOM_KEYS", CustomKeys=[{"IP": {}}])), "CUSTOM_KEYS", "You haven't met a minimum"),
    ("a window", rule(rate("IP", EvaluationWindowSec=61)), "RATE_BASED_STATEMENT", FORMAT),
    ("a reserved label", rule(contains("a"), RuleLabels=[{"Name": "aws:x"}]), "RULE", FORMAT),
    ("no body", rule(contains("a"), Action=NO_BODY), "CUSTOM_RESPONSE_BODY", REFERENCE),
    ("no sign-in", fraud("ATP"), "MANAGED_RULE_GROUP_CONFIG", ""),
    ("no pointer", fraud("ATP", ATP), "MANAGED_RULE_GROUP_CONFIG", FORMAT),
    ("another group", fraud("Common", ATP), "MANAGED_RULE_GROUP_CONFIG", REFERENCE),
    (
        "scripts in browsers",
        fraud("BotControl", {"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": "TARGETED"}}),
        "MANAGED_RULE_GROUP_CONFIG",
        "",
    ),
    ("a look ahead", rule({"RegexMatchStatement": AHEAD}), "REGEX_PATTERN_REFERENCE_STATEMENT", FORMAT),
]


@pytest.mark.parametrize(("wrong", "field", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_wrong_rules_are_refused(waf: Any, wrong: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(waf.exceptions.WAFInvalidParameterException) as refused:
        new_acl(waf, wrong)
    answer = refused.value.response
    assert answer["Field"] == field and answer["Reason"].startswith(reason)
    assert answer["Error"]["Message"] == (
        f"Error reason: {answer['Reason']}, field: {field}, parameter: {answer['Parameter']}"
    )
    if field == "CUSTOM_RESPONSE_BODY":  # of which CheckCapacity knows nothing
        assert waf.check_capacity(Scope="REGIONAL", Rules=[wrong])["Capacity"] == 10
    else:
        assert error_of(waf.check_capacity, Scope="REGIONAL", Rules=[wrong]).code == "WAFInvalidParameterException"


def test_priorities_and_names_are_unique(waf: Any) -> None:
    for second in (rule(contains("b")) | {"Name": "other"}, rule(contains("b"), 1) | {"Name": "rule0"}):
        refused = error_of(waf.check_capacity, Scope="REGIONAL", Rules=[rule(contains("a")), second])
        assert refused.code == "WAFInvalidParameterException" and "field: RULE," in refused.message


# Capacity and references


def test_capacity_is_computed(waf: Any) -> None:
    def capacity(*statements: dict[str, Any]) -> int:
        rules = [rule(statement, number) for number, statement in enumerate(statements)]
        return int(waf.check_capacity(Scope="REGIONAL", Rules=rules)["Capacity"])

    lower = [{"Priority": 0, "Type": "URL_DECODE"}, {"Priority": 1, "Type": "LOWERCASE"}]
    assert capacity(contains("a"), contains("b", PositionalConstraint="EXACTLY")) == 12
    assert capacity(contains("a", TextTransformations=lower)) == 30
    body = {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}}
    xss = {"XssMatchStatement": {"FieldToMatch": body, "TextTransformations": NONE}}
    sql = {"SqliMatchStatement": {"FieldToMatch": {"AllQueryArguments": {}}, "TextTransformations": NONE}}
    assert capacity(xss) == 80 and capacity(sql) == 30
    assert capacity({"AndStatement": {"Statements": [xss, {"NotStatement": {"Statement": sql}}]}}) == 110
    many = [rule(xss, number) for number in range(63)]
    assert error_of(waf.check_capacity, Scope="REGIONAL", Rules=many).code == "WAFLimitsExceededException"


def test_what_rules_refer_to_has_to_be_there_and_stay(waf: Any) -> None:
    addresses = waf.create_ip_set(Name="s", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=[])["Summary"]
    gone = addresses["ARN"][:-1] + ("0" if addresses["ARN"][-1] != "0" else "1")
    missing = error_of(new_acl, waf=waf, name="x", Rules=[rule({"IPSetReferenceStatement": {"ARN": gone}})])
    assert missing.code == "WAFNonexistentItemException"
    acl = new_acl(waf, rule({"IPSetReferenceStatement": {"ARN": addresses["ARN"]}}))
    named = {"Name": "s", "Scope": "REGIONAL", "Id": addresses["Id"], "LockToken": addresses["LockToken"]}
    assert error_of(waf.delete_ip_set, **named).code == "WAFAssociatedItemException"
    waf.delete_web_acl(Name="shop", Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
    waf.delete_ip_set(**named)


def test_rule_groups_keep_to_their_capacity(waf: Any) -> None:
    too_little = error_of(new_group, waf=waf, capacity=9, Rules=[rule(contains("a"))])
    assert too_little.code == "WAFInvalidParameterException" and "RULE_GROUP" in too_little.message
    label = {"LabelMatchStatement": {"Scope": "LABEL", "Key": "seen"}}
    group = new_group(waf, rule(contains("a"), RuleLabels=[{"Name": "seen"}]), rule(label, 1), capacity=50)
    shown = waf.get_rule_group(ARN=group["ARN"])["RuleGroup"]
    assert shown["Capacity"] == 50 and shown["LabelNamespace"] == f"awswaf:{ACCOUNT}:rulegroup:attacks:"
    seen = [{"Name": f"awswaf:{ACCOUNT}:rulegroup:attacks:seen"}]
    assert shown["AvailableLabels"] == seen and shown["ConsumedLabels"] == seen
    overrides = [{"Name": "rule0", "ActionToUse": {"Count": {}}}]
    reference = {"RuleGroupReferenceStatement": {"ARN": group["ARN"], "RuleActionOverrides": overrides}}
    acl = new_acl(waf, rule(reference, OverrideAction={"None": {}}))
    assert waf.get_web_acl(ARN=acl["ARN"])["WebACL"]["Capacity"] == 50
    nested = error_of(new_group, waf=waf, name="outer", Rules=[rule(reference, OverrideAction={"None": {}})])
    assert nested.code == "WAFInvalidParameterException"
    named = {"Name": "attacks", "Scope": "REGIONAL", "Id": group["Id"], "LockToken": group["LockToken"]}
    assert error_of(waf.delete_rule_group, **named).code == "WAFAssociatedItemException"
    # A group has fewer rates than a web ACL.
    rates = [rule(rate("IP"), number) for number in range(5)]
    assert error_of(new_group, waf=waf, name="rates", Rules=rates).code == "WAFLimitsExceededException"
    new_group(waf, *rates[:4], name="rates")
    new_acl(waf, *rates, name="rates")


def test_managed_groups_are_listed_and_used(waf: Any) -> None:
    groups = waf.list_available_managed_rule_groups(Scope="REGIONAL")["ManagedRuleGroups"]
    descriptions = {group["Name"]: group.pop("Description") for group in groups}
    assert {"VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet", "VersioningSupported": True} in groups
    # What is there by name alone is said to be.
    assert "Never asked: RiskScoreHigh," in descriptions["AWSManagedRulesACFPRuleSet"]
    fraud = waf.describe_managed_rule_group(Scope="REGIONAL", VendorName="AWS", Name="AWSManagedRulesACFPRuleSet")
    assert fraud["Capacity"] == 50 and {"Name": "AllRequests", "Action": {"Challenge": {}}} in fraud["Rules"]
    assert {"Name": "VolumetricIpHigh", "Action": {"Captcha": {}}} in fraud["Rules"]
    labels = {label["Name"].removeprefix("awswaf:managed:aws:acfp:aggregate:") for label in fraud["AvailableLabels"]}
    for kind in ("volumetric:ip:creation", "volumetric:session:creation", "attribute:username_traversal:creation",
                 "volumetric:phone_number", "volumetric:address"):  # fmt: skip
        assert {f"{kind}:medium", f"{kind}:low"} < labels
    assert error_of(
        waf.describe_managed_rule_group, Scope="REGIONAL", VendorName="AWS", Name="AWSManagedRulesAntiDDoSRuleSet"
    ).code == "WAFNonexistentItemException"  # fmt: skip
    name = {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}
    versions = waf.list_available_managed_rule_group_versions(Scope="REGIONAL", **name)
    described = waf.describe_managed_rule_group(Scope="REGIONAL", **name, VersionName=versions["CurrentDefaultVersion"])
    assert described["Capacity"] == 700 and len(described["Rules"]) == 22
    assert described["Rules"][0] == {"Name": "NoUserAgent_HEADER", "Action": {"Block": {}}}
    assert {"Name": "awswaf:managed:aws:core-rule-set:NoUserAgent_Header"} in described["AvailableLabels"]
    acl = new_acl(waf, rule({"ManagedRuleGroupStatement": name}, OverrideAction={"Count": {}}))
    assert waf.get_web_acl(ARN=acl["ARN"])["WebACL"]["Capacity"] == 700
    unknown = error_of(waf.describe_managed_rule_group, Scope="REGIONAL", **name, VersionName="Version_9.9")
    assert unknown.code == "WAFNonexistentItemException"


def test_a_group_is_shared_by_its_policy(waf: Any) -> None:
    group = new_group(waf, rule(contains("a")))
    assert error_of(waf.get_permission_policy, ResourceArn=group["ARN"]).code == "WAFNonexistentItemException"
    shared = {
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["wafv2:CreateWebACL", "wafv2:UpdateWebACL", "wafv2:PutFirewallManagerRuleGroups"],
    }  # fmt: skip
    waf.put_permission_policy(ResourceArn=group["ARN"], Policy=policy(shared))
    assert json.loads(waf.get_permission_policy(ResourceArn=group["ARN"])["Policy"])["Statement"] == [shared]
    for wrong in ({"Resource": "*"}, {"Effect": "Deny"}, {"Action": "wafv2:*"}, {"Action": ["wafv2:CreateWebACL"]}):
        refused = error_of(waf.put_permission_policy, ResourceArn=group["ARN"], Policy=policy(shared | wrong))
        assert refused.code == "WAFInvalidPermissionPolicyException"
    waf.delete_permission_policy(ResourceArn=group["ARN"])
    assert error_of(waf.delete_permission_policy, ResourceArn=group["ARN"]).code == "WAFNonexistentItemException"


def test_capacities_tell_nothing_of_others(waf: Any, new_user: Callable[..., Identity]) -> None:
    group = new_group(waf, rule(contains("a")))

    def reference(arn: str) -> dict[str, Any]:
        return rule({"RuleGroupReferenceStatement": {"ARN": arn}}, OverrideAction={"None": {}})

    user = new_user("web", allow("wafv2:CheckCapacity", "*")).client("wafv2")
    assert user.check_capacity(Scope="REGIONAL", Rules=[reference(group["ARN"])])["Capacity"] > 0
    # Whether there is such a group in another account, nobody learns who may not use it.
    others = group["ARN"].replace(ACCOUNT, "444455556666")
    for asker in (user, waf):
        assert error_of(asker.check_capacity, Scope="REGIONAL", Rules=[reference(others)]).code == "AccessDeniedException"


def test_who_uses_a_group_has_to_be_allowed_to(waf: Any, new_user: Callable[..., Identity]) -> None:
    group = new_group(waf, rule(contains("a")))
    web_acls = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/*/*"
    user = new_user("web", allow("wafv2:CreateWebACL", web_acls)).client("wafv2")
    new_acl(user, rule(contains("a")), name="own")
    reference = rule({"RuleGroupReferenceStatement": {"ARN": group["ARN"]}}, OverrideAction={"None": {}})
    denied = error_of(new_acl, waf=user, name="other", Rules=[reference])
    assert denied.code == "AccessDeniedException" and group["ARN"] in denied.message


# What web ACLs protect


def test_a_load_balancer_is_protected(waf: Any) -> None:
    acl = new_acl(waf)
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=LOAD_BALANCER)
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=LOAD_BALANCER)
    assert waf.get_web_acl_for_resource(ResourceArn=LOAD_BALANCER)["WebACL"]["ARN"] == acl["ARN"]
    assert waf.list_resources_for_web_acl(WebACLArn=acl["ARN"])["ResourceArns"] == [LOAD_BALANCER]
    assert waf.list_resources_for_web_acl(WebACLArn=acl["ARN"], ResourceType="API_GATEWAY")["ResourceArns"] == []
    named = {"Name": "shop", "Scope": "REGIONAL", "Id": acl["Id"], "LockToken": acl["LockToken"]}
    assert error_of(waf.delete_web_acl, **named).code == "WAFAssociatedItemException"
    waf.disassociate_web_acl(ResourceArn=LOAD_BALANCER)
    assert error_of(waf.disassociate_web_acl, ResourceArn=LOAD_BALANCER).code == "WAFNonexistentItemException"
    waf.delete_web_acl(**named)


@pytest.mark.parametrize("arn", ["arn:aws:s3:::my-own-bucket", "arn:aws:apigateway:us-east-1::/apis/pl3pgi6ue8/stages/dev"])
def test_other_things_are_not_protected(waf: Any, arn: str) -> None:
    refused = error_of(waf.associate_web_acl, WebACLArn=new_acl(waf)["ARN"], ResourceArn=arn)
    assert refused.code == "WAFInvalidParameterException"
    assert refused.message.endswith(f"field: RESOURCE_ARN, parameter: {arn}")


def test_a_user_pool_is_protected(waf: Any, root: Identity, new_user: Callable[..., Identity]) -> None:
    pool = root.client("cognito-idp").create_user_pool(PoolName="people")["UserPool"]["Arn"]
    acl = new_acl(waf)
    none = error_of(waf.associate_web_acl, WebACLArn=acl["ARN"], ResourceArn=f"{pool}x")
    assert none.code == "WAFNonexistentItemException"
    user = new_user("web", allow("wafv2:*")).client("wafv2")
    denied = error_of(user.associate_web_acl, WebACLArn=acl["ARN"], ResourceArn=pool)
    assert denied.code == "AccessDeniedException" and "cognito-idp:AssociateWebACL" in denied.message
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=pool)
    listing = {"WebACLArn": acl["ARN"], "ResourceType": "COGNITO_USER_POOL"}
    assert waf.list_resources_for_web_acl(**listing)["ResourceArns"] == [pool]
    named = {"Name": "shop", "Scope": "REGIONAL", "Id": acl["Id"], "LockToken": acl["LockToken"]}
    assert error_of(waf.delete_web_acl, **named).code == "WAFAssociatedItemException"
    # A pool that is gone holds nothing any more.
    root.client("cognito-idp").delete_user_pool(UserPoolId=pool.rsplit("/", 1)[1])
    assert waf.list_resources_for_web_acl(**listing)["ResourceArns"] == []
    waf.delete_web_acl(**named)


# Logs, keys and what was seen


def test_logs_go_where_names_begin_right(waf: Any) -> None:
    acl = new_acl(waf)
    wrong = error_of(
        waf.put_logging_configuration,
        LoggingConfiguration={"ResourceArn": acl["ARN"], "LogDestinationConfigs": ["arn:aws:s3:::my-logs"]},
    )
    assert wrong.code == "WAFInvalidParameterException" and "aws-waf-logs-" in wrong.message
    blocked = [{"ActionCondition": {"Action": "BLOCK"}}]
    filters = [{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": blocked}]
    given = {
        "ResourceArn": acl["ARN"],
        "LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-shop"],
        "RedactedFields": [{"SingleHeader": {"Name": "authorization"}}],
        "LoggingFilter": {"DefaultBehavior": "DROP", "Filters": filters},
    }
    put = waf.put_logging_configuration(LoggingConfiguration=given)["LoggingConfiguration"]
    assert put == given | {"ManagedByFirewallManager": False, "LogType": "WAF_LOGS", "LogScope": "CUSTOMER"}
    assert waf.get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"] == put
    assert waf.list_logging_configurations(Scope="REGIONAL")["LoggingConfigurations"] == [put]
    body = given | {"RedactedFields": [{"Body": {}}]}
    assert error_of(waf.put_logging_configuration, LoggingConfiguration=body).code == "WAFInvalidParameterException"
    waf.delete_logging_configuration(ResourceArn=acl["ARN"])
    assert error_of(waf.get_logging_configuration, ResourceArn=acl["ARN"]).code == "WAFNonexistentItemException"


def test_keys_for_pages(waf: Any) -> None:
    key = waf.create_api_key(Scope="REGIONAL", TokenDomains=["shop.example", "a.shop.example"])["APIKey"]
    assert waf.get_decrypted_api_key(Scope="REGIONAL", APIKey=key)["TokenDomains"] == ["shop.example", "a.shop.example"]
    assert [one["APIKey"] for one in waf.list_api_keys(Scope="REGIONAL")["APIKeySummaries"]] == [key]
    assert error_of(waf.get_decrypted_api_key, Scope="CLOUDFRONT", APIKey=key).code == "WAFNonexistentItemException"
    waf.delete_api_key(Scope="REGIONAL", APIKey=key)
    assert error_of(waf.delete_api_key, Scope="REGIONAL", APIKey=key).code == "WAFNonexistentItemException"
    for suffix in ("com", "co.uk", "Gov.AU", "github.io"):
        refused = error_of(waf.create_api_key, Scope="REGIONAL", TokenDomains=[suffix])
        assert refused.code == "WAFInvalidParameterException", suffix


def test_only_addresses_are_limited_keys(waf: Any) -> None:
    acl = new_acl(waf, rule(rate("IP")), rule(rate("CONSTANT", ScopeDownStatement=contains("a")), 1))
    named = {"Scope": "REGIONAL", "WebACLName": "shop", "WebACLId": acl["Id"]}
    keys = waf.get_rate_based_statement_managed_keys(**named, RuleName="rule0")
    assert keys["ManagedKeysIPV4"] == {"IPAddressVersion": "IPV4", "Addresses": []}
    unsupported = error_of(waf.get_rate_based_statement_managed_keys, **named, RuleName="rule1")
    assert unsupported.code == "WAFUnsupportedAggregateKeyTypeException"
    missing = error_of(waf.get_rate_based_statement_managed_keys, **named, RuleName="x")
    assert missing.code == "WAFNonexistentItemException"
