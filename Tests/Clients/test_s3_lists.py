"""S3's four lists against what is there: any keys, prefix, delimiter and length of page, and every page one after the other.

GATEHOUSE_TEST_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest

from harness import Identity

#: Letters that keys and delimiters consist of: what separates, what XML and URLs take for something else, what Swift takes
#: for one character or for the same one, and what is highest.
LETTERS = ["a", "b", "/", "//", "\r", "\n", "e", "\u0301", "\u00e9", "+", " ", "%2F", "&", "\x01", "\uffff", "\U0001f600"]
ROUNDS = 25


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def s3(root: Identity) -> Any:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    return s3


def text(dice: random.Random, least: int, most: int) -> str:
    return "".join(dice.choice(LETTERS) for _ in range(dice.randint(least, most)))


def keys(dice: random.Random, count: int) -> list[str]:
    """In S3's order."""
    return sorted({text(dice, 1, 6) for _ in range(count)}, key=lambda key: key.encode())


def wanted(there: list[str], prefix: str, delimiter: str) -> list[tuple[str, str]]:
    """Keys and groups, in one order."""
    found: list[tuple[str, str]] = []
    for key in there:
        if not key.startswith(prefix):
            continue
        place = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = ("key", key) if place < 0 else ("group", key[: place + len(delimiter)])
        if not found or found[-1] != entry:
            found.append(entry)
    return found


def decoded(name: str) -> str:
    return unquote_plus(name)


def pages(list_: Callable[..., Any], question: dict[str, Any], next_: dict[str, str]) -> Iterator[Any]:
    """The pages of a list. boto3's paginator would not do: it takes a page without a marker for the last."""
    more: dict[str, Any] = {}
    for _ in range(200):
        page = list_(**question, **more)
        yield page
        if not page["IsTruncated"]:
            return
        more = {to: decoded(page[from_]) if to != "ContinuationToken" else page[from_] for from_, to in next_.items() if page.get(from_)}
        assert more, f"a page that is not the last says where the next begins: {page}"
    raise AssertionError(f"there is no end to it: {question}")


def entries(page: Any, *members: str) -> list[tuple[str, str]]:
    found = [("key", decoded(each["Key"])) for member in members for each in page.get(member, [])]
    found += [("group", decoded(each["Prefix"])) for each in page.get("CommonPrefixes", [])]
    return sorted(found, key=lambda entry: entry[1].encode())


def ask(dice: random.Random, there: list[str]) -> tuple[dict[str, Any], int]:
    """A question about a list, and how long its pages are."""
    key = dice.choice(there)
    prefix = dice.choice(["", "", key[: dice.randint(0, len(key))], text(dice, 0, 2)])
    delimiter = dice.choice(["", "/", dice.choice(LETTERS), text(dice, 1, 2)])
    limit = dice.randint(1, 5)
    return {"Bucket": "box", "Prefix": prefix, "Delimiter": delimiter, "EncodingType": "url"}, limit


def check(found: list[list[tuple[str, str]]], expected: list[tuple[str, str]], limit: int, question: Any) -> None:
    assert [entry for page in found for entry in page] == expected, question
    assert all(len(page) == limit for page in found[:-1]) and len(found[-1]) <= limit, question


@pytest.mark.parametrize("form", ["list_objects_v2", "list_objects"])
def test_objects(s3: Any, dice: random.Random, form: str) -> None:
    there = keys(dice, 40)
    for key in there:
        s3.put_object(Bucket="box", Key=key, Body=b"")
    for _ in range(ROUNDS):
        question, limit = ask(dice, there)
        more = {"NextContinuationToken": "ContinuationToken"} if form == "list_objects_v2" else {"NextMarker": "Marker"}
        if form == "list_objects" and not question["Delimiter"]:
            # Without a delimiter the first version of the list leaves it to the client to take the last key.
            def list_(**question: Any) -> Any:
                page = s3.list_objects(**question)
                return page | {"NextMarker": page["Contents"][-1]["Key"]} if page["IsTruncated"] else page
        else:
            list_ = getattr(s3, form)
        found = [entries(page, "Contents") for page in pages(list_, question | {"MaxKeys": limit}, more)]
        check(found, wanted(there, question["Prefix"], question["Delimiter"]), limit, question)


def test_from_any_key_on(s3: Any, dice: random.Random) -> None:
    there = keys(dice, 30)
    for key in there:
        s3.put_object(Bucket="box", Key=key, Body=b"")
    for _ in range(ROUNDS):
        after = dice.choice([dice.choice(there), text(dice, 1, 3)])
        page = s3.list_objects_v2(Bucket="box", StartAfter=after, EncodingType="url")
        assert entries(page, "Contents") == [("key", key) for key in there if key.encode() > after.encode()], after


def test_versions(s3: Any, dice: random.Random) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    there = keys(dice, 15)
    made: list[tuple[str, str]] = []
    for key in there:
        versions = [s3.put_object(Bucket="box", Key=key, Body=b"")["VersionId"] for _ in range(dice.randint(1, 3))]
        if dice.random() < 0.3:
            versions.append(s3.delete_object(Bucket="box", Key=key)["VersionId"])
        made += [(key, version) for version in reversed(versions)]
    for _ in range(ROUNDS):
        question, limit = ask(dice, there)
        next_ = {"NextKeyMarker": "KeyMarker", "NextVersionIdMarker": "VersionIdMarker"}
        versions, groups = [], []
        for page in pages(s3.list_object_versions, question | {"MaxKeys": limit}, next_):
            versions += sorted(
                ((decoded(each["Key"]), each["VersionId"]) for each in page.get("Versions", []) + page.get("DeleteMarkers", [])),
                key=made.index,
            )
            groups += [("group", decoded(each["Prefix"])) for each in page.get("CommonPrefixes", [])]
        expected = wanted(there, question["Prefix"], question["Delimiter"])
        alone = {name for kind, name in expected if kind == "key"}
        assert versions == [version for version in made if version[0] in alone], question
        assert groups == [entry for entry in expected if entry[0] == "group"], question


def test_uploads(s3: Any, dice: random.Random) -> None:
    there = keys(dice, 12)
    made = {key: {s3.create_multipart_upload(Bucket="box", Key=key)["UploadId"] for _ in range(dice.randint(1, 3))} for key in there}
    for _ in range(ROUNDS):
        question, limit = ask(dice, there)
        next_ = {"NextKeyMarker": "KeyMarker", "NextUploadIdMarker": "UploadIdMarker"}
        uploads, groups = [], []
        for page in pages(s3.list_multipart_uploads, question | {"MaxUploads": limit}, next_):
            uploads += [(decoded(each["Key"]), each["UploadId"]) for each in page.get("Uploads", [])]
            groups += [("group", decoded(each["Prefix"])) for each in page.get("CommonPrefixes", [])]
        expected = wanted(there, question["Prefix"], question["Delimiter"])
        assert groups == [entry for entry in expected if entry[0] == "group"], question
        names = [name for kind, name in expected if kind == "key"]
        assert list(dict.fromkeys(key for key, _ in uploads)) == names, question
        assert len(uploads) == len(set(uploads)) and {name: {id_ for key, id_ in uploads if key == name} for name in names} == {
            name: made[name] for name in names
        }, question


def test_pages_of_nothing(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"")
    upload = s3.create_multipart_upload(Bucket="box", Key="a")["UploadId"]
    s3.upload_part(Bucket="box", Key="a", UploadId=upload, PartNumber=1, Body=b"")
    for page in [
        s3.list_objects(Bucket="box", MaxKeys=0),
        s3.list_objects_v2(Bucket="box", MaxKeys=0),
        s3.list_object_versions(Bucket="box", MaxKeys=0),
        s3.list_multipart_uploads(Bucket="box", MaxUploads=0),
        s3.list_parts(Bucket="box", Key="a", UploadId=upload, MaxParts=0),
    ]:
        assert page["IsTruncated"] is False
        assert not {"Contents", "Versions", "Uploads", "Parts"} & set(page)
