"""What the schema of SARIF 2.1.0 demands of the parts that Gatehouse writes.

OASIS: sarif-schema-2.1.0.json. Every object there has a list of members and takes no others; the lists here are the schema's, of
the objects that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any, str], None]


def _text(value: Any, place: str) -> None:
    assert isinstance(value, str), place


def _uri(value: Any, place: str) -> None:
    assert urlsplit(value).scheme, place


def _reference(value: Any, place: str) -> None:
    assert not set(value) & set(' "<>\\^`{|}'), place
    urlsplit(value)


def _from(least: int) -> Check:
    def check(value: Any, place: str) -> None:
        assert isinstance(value, int) and value >= least, place

    return check


def _one_of(*values: str) -> Check:
    def check(value: Any, place: str) -> None:
        assert value in values, place

    return check


def _list(of: Check, least: int = 0, unique: bool = False) -> Check:
    def check(value: Any, place: str) -> None:
        assert isinstance(value, list) and len(value) >= least, place
        assert not unique or all(value.count(one) == 1 for one in value), place
        for number, one in enumerate(value):
            of(one, f"{place}[{number}]")

    return check


def _object(needed: set[str] = set(), any_of: set[str] = set(), others: str = "", **members: Check) -> Check:
    """`others`: members that the schema has and Gatehouse does not write."""

    def check(value: Any, place: str) -> None:
        assert isinstance(value, dict), place
        assert needed <= set(value), f"{place}: {needed - set(value)} missing"
        assert not any_of or any_of & set(value), f"{place}: none of {any_of}"
        for key, one in value.items():
            assert key in members, f"{place}.{key}: {'not checked' if key in others.split() else 'not in the schema'}"
            members[key](one, f"{place}.{key}")

    return check



def _properties(value: Any, place: str) -> None:
    """A property bag: anything, but for its tags."""
    assert isinstance(value, dict), place
    _list(_text, unique=True)(value.get("tags", []), f"{place}.tags")


_PROPERTIES: Check = _properties
_LEVEL = _one_of("none", "note", "warning", "error")
_MESSAGE = _object(any_of={"text", "id"}, text=_text, id=_text, others="markdown arguments properties")
_ARTIFACT = _object(uri=_reference, others="uriBaseId index description properties")
_REGION = _object(
    startLine=_from(1), startColumn=_from(1), endLine=_from(1), endColumn=_from(1),
    others="charOffset charLength byteOffset byteLength snippet message sourceLanguage properties",
)  # fmt: skip
_PLACE = _object(
    any_of={"address", "artifactLocation"}, artifactLocation=_ARTIFACT, region=_REGION,
    others="address contextRegion properties",
)  # fmt: skip
_NAMED = _object(fullyQualifiedName=_text, others="name index decoratedName parentIndex kind properties")
_LOCATION = _object(
    physicalLocation=_PLACE, logicalLocations=_list(_NAMED, unique=True),
    others="id message annotations relationships properties",
)  # fmt: skip
_RESULT = _object(
    {"message"}, ruleId=_text, ruleIndex=_from(-1), level=_LEVEL, message=_MESSAGE, locations=_list(_LOCATION),
    others="rule kind analysisTarget guid correlationGuid occurrenceCount partialFingerprints fingerprints stacks codeFlows "
    "graphs graphTraversals relatedLocations suppressions baselineState rank attachments hostedViewerUri workItemUris "
    "provenance fixes taxa webRequest webResponse properties",
)  # fmt: skip
_RULE = _object(
    {"id"}, id=_text, shortDescription=_MESSAGE, fullDescription=_MESSAGE, helpUri=_uri,
    defaultConfiguration=_object(level=_LEVEL), properties=_PROPERTIES,
    others="deprecatedIds guid deprecatedGuids name deprecatedNames messageStrings help relationships",
)  # fmt: skip
_DRIVER = _object(
    {"name"}, name=_text, version=_text, rules=_list(_RULE, unique=True),
    others="guid organization product productSuite shortDescription fullDescription fullName semanticVersion "
    "dottedQuadFileVersion releaseDateUtc downloadUri informationUri globalMessageStrings notifications taxa locations "
    "language contents isComprehensive localizedDataSemanticVersion minimumRequiredLocalizedDataSemanticVersion "
    "associatedComponent translationMetadata supportedTaxonomies properties",
)  # fmt: skip
_RUN = _object(
    {"tool"}, tool=_object({"driver"}, driver=_DRIVER, others="extensions properties"), results=_list(_RESULT),
    columnKind=_one_of("utf16CodeUnits", "unicodeCodePoints"),
    others="invocations conversion language versionControlProvenance originalUriBaseIds artifacts logicalLocations graphs "
    "automationDetails runAggregates baselineGuid redactionTokens defaultEncoding defaultSourceLanguage newlineSequences "
    "threadFlowLocations taxonomies addresses translations policies webRequests webResponses specialLocations properties "
    "externalPropertyFileReferences",
)  # fmt: skip
_LOG = _object(
    {"version", "runs"}, **{"$schema": _uri}, version=_one_of("2.1.0"), runs=_list(_RUN),
    others="inlineExternalProperties properties",
)  # fmt: skip


def check_sarif(log: Any) -> list[dict[str, Any]]:
    """The results of a log that is as the schema and the standard demand, of one run."""
    _LOG(log, "log")
    (run,) = log["runs"]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    # What the standard says besides: rules have different names, and the index is that of the rule.
    assert len(set(ids)) == len(ids)
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
    results: list[dict[str, Any]] = run["results"]
    return results
