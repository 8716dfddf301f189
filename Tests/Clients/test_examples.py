"""The Swift that the documentation shows is Swift that is compiled, and that tests run.

Every block marked `swift`, in a doc comment, an article or a page, is a piece of a file in `Tests/ExampleTests` (where an
example goes that is written for the documentation), in another Swift test, or of a service or the console. White space counts as one
space, comments on lines of their own don't count, and `…` stands for whatever the example leaves out.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.server import REPOSITORY

COMPILED = ["Tests", "Sources/Services", "Sources/Server", "Sources/Console"]

# What a reader begins with in each module, and has to see used.
ENTRY_POINTS = {
    "Catalogue": ["ServiceCatalogue", "CatalogueService"],
    "Directory": ["ARN", "IdentityDirectory", "ManagedPolicyCatalog"],
    "KeyMaterial": ["KeyMaterial", "Ciphertext", "WrappingKey"],
    "Keyring": ["Keyring", "KeyFile", "GivenKey"],
    "Learning": ["PolicyGenerator"],
    "Ledger": ["Ledger", "Transaction", "Record", "TableRow", "Change", "Deadline", "Verification"],
    "Lint": ["Linter", "Finding"],
    "Platform": [
        "Operation", "PreparedWriteOperation", "UploadOperation", "ServiceModule", "Call", "Access", "ResourceType",
        "Records", "MutableRecords", "Paging", "Page", "Job", "RecurringJob", "Follower", "Projection", "ServiceCalls",
        "ServiceEvent", "TagRules", "Quota", "Metric", "SessionTokens",
    ],
    "Policy": [
        "PolicyDocument", "CompiledPolicy", "Decision", "PolicyInputs", "RequestContext", "PolicyError", "PolicySet",
        "Trace",
    ],
    "Signature": ["SignatureVerifier", "SignatureClaims", "SignatureSigner", "BodyProof"],
    "Simulation": ["SimulatedCase", "Report", "JSONLines"],
    "Wire": ["BodyStream", "JSONValue", "JSONWriter", "ServiceShape", "Timestamp", "ValidationRules", "View"],
}  # fmt: skip


def documented() -> list[Path]:
    """Files that may show examples."""
    pages = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "Documentation").rglob("*.md")]
    return sorted([*pages, *(REPOSITORY / "Sources").rglob("*.md"), *(REPOSITORY / "Sources").rglob("*.swift")])


def prose(file: Path) -> str:
    """What a file says to people: a page itself, the doc comments of code."""
    text = file.read_text()
    if file.suffix == ".md":
        return text
    return "\n".join(re.sub(r"^\s*/// ?", "", line) if re.match(r"\s*///", line) else "" for line in text.split("\n"))


def examples(text: str) -> Iterator[tuple[int, str]]:
    """The Swift blocks, with the lines that they begin on."""
    for block in re.finditer(r"^ *```swift\n(.*?)^ *```$", text, re.M | re.S):
        yield text.count("\n", 0, block.start()) + 2, block.group(1)


def plain(code: str) -> str:
    """Without comment lines, and with single spaces."""
    return " ".join(re.sub(r"^\s*//.*$", "", code, flags=re.M).split())


def is_part(example: str, code: str) -> bool:
    pieces = [re.escape(plain(piece)) for piece in example.split("…")]
    # White space around what is left out is left out with it.
    return re.search(r"\s*.*?\s*".join(pieces), code, re.S) is not None


FILES = [file for file in documented() if any(examples(prose(file)))]


@pytest.fixture(scope="module")
def compiled() -> list[str]:
    files = [file for place in COMPILED for file in (REPOSITORY / place).rglob("*.swift")]
    return [plain(file.read_text()) for file in files]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_examples_are_compiled(file: Path, compiled: list[str]) -> None:
    for line, example in examples(prose(file)):
        assert any(is_part(example, code) for code in compiled), (
            f"{file.relative_to(REPOSITORY)}:{line}: no Swift test and no service has this code. "
            f"Put it into Tests/ExampleTests, and assert what comes of it.\n{example}"
        )


@pytest.mark.parametrize("module", ENTRY_POINTS)
def test_entry_points_have_examples(module: str) -> None:
    without = set(ENTRY_POINTS[module])
    for file in (REPOSITORY / "Sources" / module).rglob("*.swift"):
        for comment, name in re.findall(
            r"((?:^///.*\n)+)(?:@\w+ )*public (?:final |open )?(?:struct|class|enum|protocol|actor) (\w+)",
            file.read_text(),
            re.M,
        ):
            if "/// ```swift" in comment:
                without.discard(name)
    assert not without, f"{module}: no example in the documentation of {', '.join(sorted(without))}"


def test_what_is_not_compiled_is_noticed() -> None:
    code = plain("func f() {\n    // Why.\n    let a = 1\n    let b = 2\n    return a + b\n}\n")
    for example, is_there in [
        ("let a = 1\nlet b = 2\n", True),
        ("func f() { let a = 1", True),
        ("let a = 1\n…\nreturn a + b\n", True),
        ("func f() { … }", True),
        ("let a = 1\nreturn a + b\n", False),
        ("return a + b\n…\nlet a = 1\n", False),
        ("let a = 3\n", False),
    ]:
        assert is_part(example, code) is is_there, example
    page = "Text.\n\n   ```swift\n   let a = 1\n   ```\n\n```text\nlet b\n```\n"
    assert list(examples(page)) == [(4, "   let a = 1\n")]
