"""WAF: IP sets and regex pattern sets, their lock tokens, tags and limits, and who may use them."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Trail, allow, error_of

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture
def waf(root: Identity) -> Any:
    return root.client("wafv2")


def new_set(waf: Any, name: str = "office", scope: str = "REGIONAL", **more: Any) -> dict[str, Any]:
    given = {"IPAddressVersion": "IPV4", "Addresses": ["192.0.2.0/24"]} | more
    return dict(waf.create_ip_set(Name=name, Scope=scope, **given)["Summary"])


def test_an_ip_set_from_the_cli(root: Identity) -> None:
    made = root.aws(
        "wafv2", "create-ip-set", "--name", "office", "--scope", "REGIONAL", "--ip-address-version", "IPV4",
        "--addresses", "192.0.2.77/24", "198.51.100.1/32", "--description", "the office", "--tags", "Key=Team,Value=blue",
    )["Summary"]  # fmt: skip
    assert UUID.fullmatch(made["Id"]) and UUID.fullmatch(made["LockToken"])
    assert made["ARN"] == f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/ipset/office/{made['Id']}"
    got = root.aws("wafv2", "get-ip-set", "--name", "office", "--scope", "REGIONAL", "--id", made["Id"])
    assert got["LockToken"] == made["LockToken"]
    assert got["IPSet"] == {
        "Name": "office", "Id": made["Id"], "ARN": made["ARN"], "Description": "the office", "IPAddressVersion": "IPV4",
        "Addresses": ["192.0.2.0/24", "198.51.100.1/32"],
    }  # fmt: skip
    tags = root.aws("wafv2", "list-tags-for-resource", "--resource-arn", made["ARN"])
    assert tags["TagInfoForResource"] == {"ResourceARN": made["ARN"], "TagList": [{"Key": "Team", "Value": "blue"}]}


def test_only_the_last_lock_token_changes_a_set(waf: Any) -> None:
    made = new_set(waf)
    named = {"Name": "office", "Scope": "REGIONAL", "Id": made["Id"]}
    token = waf.update_ip_set(**named, LockToken=made["LockToken"], Addresses=["203.0.113.0/24"])["NextLockToken"]
    assert token != made["LockToken"]
    late = error_of(waf.update_ip_set, **named, LockToken=made["LockToken"], Addresses=[])
    assert late.code == "WAFOptimisticLockException" and "Reapply your changes" in late.message
    assert waf.get_ip_set(**named)["IPSet"]["Addresses"] == ["203.0.113.0/24"]
    assert error_of(waf.delete_ip_set, **named, LockToken=made["LockToken"]).code == "WAFOptimisticLockException"
    waf.delete_ip_set(**named, LockToken=token)
    assert error_of(waf.get_ip_set, **named).code == "WAFNonexistentItemException"


@pytest.mark.parametrize(
    ("address", "version"),
    [("192.0.2.1", "IPV4"), ("0.0.0.0/0", "IPV4"), ("2001:db8::/32", "IPV4"), ("192.0.2.0/24", "IPV6"), ("x/8", "IPV4")],
)
def test_what_is_no_network_is_refused(waf: Any, address: str, version: str) -> None:
    with pytest.raises(waf.exceptions.WAFInvalidParameterException) as refused:
        new_set(waf, IPAddressVersion=version, Addresses=[address])
    answer = refused.value.response
    assert answer["Field"] == "IP_ADDRESS" and answer["Parameter"] == address
    assert answer["Error"]["Message"] == (
        f"Error reason: The parameter contains formatting that is not valid., field: IP_ADDRESS, parameter: {address}"
    )


def test_names_are_unique_within_a_scope(waf: Any, root: Identity) -> None:
    new_set(waf)
    assert error_of(new_set, waf=waf).code == "WAFDuplicateItemException"
    world = new_set(waf, scope="CLOUDFRONT")
    assert f":us-east-1:{ACCOUNT}:global/ipset/office/" in world["ARN"]
    elsewhere = error_of(new_set, waf=root.client("wafv2", region="eu-central-1"), scope="CLOUDFRONT")
    assert elsewhere.code == "WAFInvalidParameterException" and "SCOPE_VALUE" in elsewhere.message
    listed = waf.list_ip_sets(Scope="CLOUDFRONT")["IPSets"]
    assert [one["ARN"] for one in listed] == [world["ARN"]]


def test_lists_have_pages(waf: Any) -> None:
    names = {f"set{number}" for number in range(5)}
    for name in names:
        new_set(waf, name)
    found: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = waf.list_ip_sets(Scope="REGIONAL", Limit=2, **marker)
        found += [one["Name"] for one in page["IPSets"]]
        if "NextMarker" not in page:
            break
        marker = {"NextMarker": page["NextMarker"]}
    assert sorted(found) == sorted(names)
    assert error_of(waf.list_ip_sets, Scope="REGIONAL", NextMarker="?").code == "WAFInvalidParameterException"


def test_regular_expressions_are_compiled(waf: Any) -> None:
    made = waf.create_regex_pattern_set(
        Name="bots", Scope="REGIONAL", RegularExpressionList=[{"RegexString": "(?i)bot$"}, {"RegexString": "^$"}]
    )["Summary"]
    named = {"Name": "bots", "Scope": "REGIONAL", "Id": made["Id"]}
    assert waf.get_regex_pattern_set(**named)["RegexPatternSet"]["RegularExpressionList"] == [
        {"RegexString": "(?i)bot$"},
        {"RegexString": "^$"},
    ]
    for pattern in ("(a", "(a)\\1", "a++", "a{1001}"):
        refused = error_of(
            waf.update_regex_pattern_set, **named, LockToken=made["LockToken"],
            RegularExpressionList=[{"RegexString": pattern}],
        )  # fmt: skip
        assert refused.code == "WAFInvalidParameterException" and "REGEX_PATTERN_SET" in refused.message
    many = [{"RegexString": str(number)} for number in range(11)]
    changed = error_of(
        waf.update_regex_pattern_set, **named, LockToken=made["LockToken"], RegularExpressionList=many
    )
    assert changed.code == "WAFLimitsExceededException"


def test_tags_decide_who_may(waf: Any, new_user: Callable[..., Identity]) -> None:
    blue = new_set(waf, "blue", Tags=[{"Key": "Team", "Value": "blue"}])
    red = new_set(waf, "red", Tags=[{"Key": "Team", "Value": "red"}])
    blue_only = {"StringEquals": {"aws:ResourceTag/Team": "blue"}}
    user = new_user("blue", allow("wafv2:*", Condition=blue_only)).client("wafv2")
    assert user.get_ip_set(Name="blue", Scope="REGIONAL", Id=blue["Id"])["IPSet"]["Name"] == "blue"
    denied = error_of(user.get_ip_set, Name="red", Scope="REGIONAL", Id=red["Id"])
    assert denied.code == "AccessDeniedException" and f"wafv2:GetIPSet on resource: {red['ARN']}" in denied.message
    waf.untag_resource(ResourceARN=red["ARN"], TagKeys=["Team"])
    waf.tag_resource(ResourceARN=red["ARN"], Tags=[{"Key": "Team", "Value": "blue"}])
    user.get_ip_set(Name="red", Scope="REGIONAL", Id=red["Id"])
    # Tags are no part of what lock tokens guard.
    assert waf.get_ip_set(Name="red", Scope="REGIONAL", Id=red["Id"])["LockToken"] == red["LockToken"]


def test_who_tags_has_to_be_allowed_to(waf: Any, new_user: Callable[..., Identity]) -> None:
    user = new_user("maker", allow("wafv2:CreateIPSet")).client("wafv2")
    new_set(user, "plain")
    denied = error_of(new_set, waf=user, name="tagged", Tags=[{"Key": "a", "Value": "b"}])
    assert denied.code == "AccessDeniedException" and "wafv2:TagResource" in denied.message


def test_changes_are_in_the_history(waf: Any, trail: Trail) -> None:
    made = new_set(waf)
    event = trail.named("CreateIPSet")
    assert event["eventSource"] == "wafv2.amazonaws.com"
    assert event["requestParameters"]["addresses"] == ["192.0.2.0/24"]
    assert event["responseElements"]["summary"]["aRN"] == made["ARN"]
