"""Policies in SMT-LIB, made from their JSON and AWS's documentation of the language alone: nothing of Gatehouse's code is in it.

A pattern becomes a regular expression, an action one of the finitely many ways to match the policies' patterns of actions, and a
statement a formula about the resource and the condition keys. Strings are where Z3 4.8 is weak: asked for two or three patterns
of one string below an "or", it does not come back. Whether one expression, of intersections and complements, has any string it
mostly decides in a tenth of a second. Therefore `Atoms` holds the patterns that are asked of one string, and `z3_policies.py` has
Z3 find which of them can be true together; the rest of a question is about these combinations.

Numbers, dates and addresses are Z3's numbers. Left out, by `Unsupported`: policy variables and principals.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache

ANY = "re.all"
ONE = "re.allchar"
NO_COLON = r'(re.union (re.range "\u{0}" "9") (re.range ";" "\u{2ffff}"))'
COLON = '(str.to_re ":")'
DIGIT = '(re.range "0" "9")'


class Unsupported(Exception):
    """The translation does not have it."""


def quoted(text: str) -> str:
    return '"' + "".join(
        '""' if letter == '"' else letter if " " <= letter <= "~" and letter != "\\" else f"\\u{{{ord(letter):x}}}"
        for letter in text
    ) + '"'  # fmt: skip


def literal(text: str) -> str:
    return f"(str.to_re {quoted(text)})"


def sequence(parts: list[str]) -> str:
    return literal("") if not parts else parts[0] if len(parts) == 1 else f"(re.++ {' '.join(parts)})"


def union(parts: list[str]) -> str:
    return "re.none" if not parts else parts[0] if len(parts) == 1 else f"(re.union {' '.join(parts)})"


def intersection(parts: list[str]) -> str:
    return ANY if not parts else parts[0] if len(parts) == 1 else f"(re.inter {' '.join(parts)})"


def either(parts: list[str]) -> str:
    return "false" if not parts else parts[0] if len(parts) == 1 else f"(or {' '.join(parts)})"


def both(parts: list[str]) -> str:
    return "true" if not parts else parts[0] if len(parts) == 1 else f"(and {' '.join(parts)})"


def listed(value: object) -> list:
    return [] if value is None else value if isinstance(value, list) else [value]


def pattern(text: str, wildcards: dict[int, str]) -> str:
    """The expression of a text in which other expressions stand at some places."""
    parts: list[str] = []
    start = 0
    for place in sorted(wildcards):
        if start < place:
            parts.append(literal(text[start:place]))
        parts.append(wildcards[place])
        start = place + 1
    if start < len(text):
        parts.append(literal(text[start:]))
    return sequence(parts)


# MARK: Resources

SEGMENT = f"(re.* {NO_COLON})"
ANY_ARN = sequence([literal("arn:"), *[ANY, COLON] * 4, ANY])
IAM = sequence([literal("arn:"), SEGMENT, literal(":iam:"), ANY])
# An ARN of IAM has an account, or "aws", and no colon behind it.
OWN_IAM = sequence([
    literal("arn:"), SEGMENT, literal(":iam::"), union([f"((_ re.loop 12 12) {DIGIT})", literal("aws")]), COLON, SEGMENT,
])  # fmt: skip
RESOURCES = [OWN_IAM, intersection([ANY_ARN, f"(re.comp {IAM})"])]


@cache
def resource(text: str) -> str:
    """A text of an element `Resource` as it is in identity-based policies.

    Before the fifth colon a wildcard stays in its part, but for a `*` that is all the rest of one ("Wildcards in resource ARNs",
    `reference_policies_elements_resource.html`). An ARN of fewer parts is filled up with `*` as well.
    """
    missing = 5 - text.count(":")
    spellings = [text, text + ":*" * missing] if missing > 0 and text.startswith("arn:") else [text]
    found = []
    for spelling in spellings:
        wildcards, colons = {}, 0
        for place, letter in enumerate(spelling):
            colons += letter == ":"
            if letter == "*":
                is_rest = spelling[place:].lstrip("*")[:1] in ("", ":")
                wildcards[place] = ANY if colons >= 5 or is_rest else SEGMENT
            elif letter == "?":
                wildcards[place] = ONE if colons >= 5 else NO_COLON
        found.append(pattern(spelling, wildcards))
    return union(found)


# MARK: Condition keys

BOOLEANS = {"aws:multifactorauthpresent", "aws:principalisawsservice", "aws:securetransport", "aws:viaawsservice"}
SEVERAL = {
    "aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:resourceorgpaths", "aws:sourceorgpaths",
    "aws:tagkeys", "aws:vpceorgpaths",
}  # fmt: skip
SINGLE = {
    "aws:" + name
    for name in (
        "assumedroot calledviafirst calledvialast ec2instancesourceprivateipv4 ec2instancesourcevpc epochtime federatedprovider "
        "principalaccount principalarn principalorgid principalservicename principaltype referer requestedregion resourceaccount "
        "resourceorgid signinsessionarn sourceaccount sourcearn sourceidentity sourceorgid sourceowner sourcevpc sourcevpcarn "
        "sourcevpce useragent userid username vpceaccount vpceorgid"
    ).split()
}
TYPED = {
    "aws:currenttime": "date", "aws:tokenissuetime": "date", "aws:multifactorauthage": "number", "aws:sourceip": "address",
    "aws:vpcsourceip": "address",
}  # fmt: skip
# For these, no text is a text, too.
EMPTY = {"s3:prefix", "s3:delimiter"}
ABSENT, ONE_VALUE, VALUES = 0, 1, 2
# The atom of each key that is no value.
NO_TEXT = 0


def shapes(key: str) -> list[int]:
    """In which ways a key can be in a request: of services' keys it is not known."""
    if key in SEVERAL:
        return [ABSENT, VALUES]
    tags = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")
    if key in BOOLEANS or key in SINGLE or key in TYPED or key.startswith(tags):
        return [ABSENT, ONE_VALUE]
    return [ABSENT, ONE_VALUE, VALUES]


def in_any_case(text: str) -> str:
    if not text.isascii():
        raise Unsupported("case beyond ASCII")
    return sequence([
        union([literal(letter.lower()), literal(letter.upper())]) if letter.isalpha() else literal(letter) for letter in text
    ])  # fmt: skip


def like(text: str, many: str = ANY, one: str = ONE) -> str:
    return pattern(text, {place: many if letter == "*" else one for place, letter in enumerate(text) if letter in "*?"})


def arn(text: str) -> str | None:
    """`ArnLike` compares part by part; nothing matches a pattern of fewer than six."""
    parts = text.split(":", 5)
    if text == "*":
        parts = ["*"] * 6
    if len(parts) < 6:
        return None
    bounded = [like(part, SEGMENT, NO_COLON) for part in parts[:5]]
    return sequence([piece for part in bounded for piece in (part, COLON)] + [like(parts[5])])


def values(comparison: str, texts: list[str]) -> str:
    """The expression of what a positive operator accepts."""
    match comparison:
        case "StringEquals":
            return union([literal(text) for text in texts])
        case "StringEqualsIgnoreCase":
            return union([in_any_case(text) for text in texts])
        case "StringLike":
            return union([like(text) for text in texts])
        case "ArnLike" | "ArnEquals":
            return union([found for text in texts if (found := arn(text)) is not None])
        case "Bool":
            return union([in_any_case(text) for text in texts if text.lower() in ("true", "false")])
    raise Unsupported(comparison)


# MARK: Numbers, dates and addresses

ORDERS = {"Equals": "=", "LessThan": "<", "LessThanEquals": "<=", "GreaterThan": ">", "GreaterThanEquals": ">="}
IPV4 = 2**32
ADDRESSES = f"(and (<= 0 x) (< x {IPV4 + 2**128}))"


def kind(comparison: str) -> str:
    """What an operator takes values for."""
    for prefix, kind in (("Numeric", "number"), ("Date", "date"), ("Ip", "address")):
        if comparison.startswith(prefix):
            return kind
    return "text"


def numbers(comparison: str, texts: list[str]) -> str:
    """What a positive operator accepts, said of the number x. A value that is no number, date or address is never met."""
    found = []
    for text in texts:
        try:
            if comparison == "IpAddress":
                network = ipaddress.ip_network(text, strict=False)
                first, last = (int(network[end]) + (IPV4 if network.version == 6 else 0) for end in (0, -1))
                found.append(f"(and (<= {first} x) (<= x {last}))")
                continue
            if comparison.startswith("Date") and not re.fullmatch(r"\d{5,}", text):
                moment = datetime.fromisoformat(text)
                value = Fraction((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
            else:
                value = Fraction(text)
        except ValueError as error:
            raise Unsupported(f"values such as {text}") from error
        order = ORDERS[comparison.removeprefix("Numeric").removeprefix("Date")]
        found.append(f"({order} x (/ {'(- ' * (value < 0)}{abs(value.numerator)}.0{')' * (value < 0)} {value.denominator}.0))")
    return either(found)


# MARK: Statements


class Atoms:
    """The expressions that are asked of one string, which is one of those of a universe; or of one number."""

    def __init__(self, universe: list[str], kind: str = "text", is_open: bool = False) -> None:
        self.universe = universe
        self.kind = kind
        # Whether there are also texts of which none of the expressions is true.
        self.is_open = is_open
        self.expressions: list[str] = []

    def number(self, expression: str) -> int:
        if expression not in self.expressions:
            self.expressions.append(expression)
        return self.expressions.index(expression)


class Dimensions:
    """What the statements of one question ask of a request, its action apart.

    A formula speaks of constants, which are defined when it is known which atoms go together: `resource_2` is the resource's
    atom 2; of key 0, `absent_0` says that it is missing, `one_0_2` that it has one value, of atom 2, `all_0_2` and `any_0_2` that
    all or any of its values are, and `one-not_0_2` and so on that they are not.
    """

    def __init__(self) -> None:
        self.resource = Atoms(RESOURCES)
        self.keys: dict[str, Atoms] = {}

    def of_key(self, name: str, kind: str | None) -> tuple[int, Atoms]:
        """A key's number, and its atoms; without a kind any that it has."""
        key = name.lower()
        kind = kind or (self.keys[key].kind if key in self.keys else TYPED.get(key, "text"))
        if TYPED.get(key, kind) != kind or (kind == "address" and key not in TYPED) or (kind != "text" and key in BOOLEANS):
            raise Unsupported(f"{kind}s as values of {name}")
        match kind:
            case "text":
                values = ["false"] if key == "aws:principalisawsservice" else ["true", "false"]
                atoms = Atoms([literal(value) for value in values] if key in BOOLEANS else [ANY])
                atoms.number(literal(""))
            case "address":
                atoms = Atoms([ADDRESSES], kind)
                atoms.number("false")
            case _:
                atoms = Atoms(["true"], kind, is_open=key not in TYPED)
                atoms.number("false")
        if key not in self.keys or len(self.keys[key].expressions) == 1:
            self.keys[key] = atoms
        if self.keys[key].kind != kind:
            raise Unsupported("keys of several types")
        return list(self.keys).index(key), self.keys[key]

    def formula(self, statement: dict) -> str:
        """Whether a statement applies to a request whose action it names."""
        parts = []
        for name in ("Resource", "NotResource"):
            if name not in statement:
                continue
            texts = listed(statement[name])
            if any("${" in text for text in texts):
                raise Unsupported("variables")
            # An action without resources is asked for "*", which only "*" matches.
            if any(text and not text.strip("*") for text in texts):
                found = "true"
            else:
                found = f"resource_{self.resource.number(union([resource(text) for text in texts]))}"
            parts.append(found if name == "Resource" else f"(not {found})")
        for operator, keys in (statement.get("Condition") or {}).items():
            parts += [self.test(operator, name, wanted) for name, wanted in keys.items()]
        return both(parts)

    def test(self, operator: str, name: str, wanted: object) -> str:
        """One condition on one key."""
        matched = re.fullmatch(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?", operator)
        if not matched:
            raise Unsupported(operator)
        quantifier, comparison, if_exists = matched.groups()
        texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in listed(wanted)]
        if any("${" in text for text in texts):
            raise Unsupported("variables")
        is_negated = "Not" in comparison
        positive = comparison.replace("Not", "")
        key, atoms = self.of_key(name, None if comparison == "Null" else kind(positive))
        absent = f"absent_{key}"
        if comparison == "Null":
            if quantifier:
                return "true" if quantifier == "ForAllValues" else "false"
            asked = [text.lower() for text in texts]
            return either([absent] * ("true" in asked) + [f"(not {absent})"] * ("false" in asked))
        accepted = values(positive, texts) if atoms.kind == "text" else numbers(positive, texts)
        match quantifier:
            case "ForAllValues":
                when_absent, how = True, "all"
            case "ForAnyValue":
                when_absent, how = bool(if_exists and texts), "any"
            case _:
                when_absent, how = bool(if_exists or is_negated), "one"
        if not texts and (if_exists or quantifier):
            return absent if when_absent else "false"
        test = f"{how}{'-not' if is_negated else ''}_{key}_{atoms.number(accepted)}"
        return either([absent, test]) if when_absent else both([f"(not {absent})", test])


# MARK: Actions


class ActionPattern:
    """One text of an element `Action`, walked through letter by letter."""

    def __init__(self, text: str) -> None:
        # Case does not matter; a wildcard stays on its side of the colon.
        self.text = text.lower()
        self.is_bounded = self.text.count(":") == 1

    def closed(self, places: Iterable[int]) -> frozenset[int]:
        found = set(places)
        for place in list(found):
            while place < len(self.text) and self.text[place] == "*":
                place += 1
                found.add(place)
        return frozenset(found)

    def next(self, places: frozenset[int], letter: str) -> frozenset[int]:
        after = set()
        for place in places:
            if place == len(self.text):
                continue
            wanted = self.text[place]
            if wanted in "*?" and not (self.is_bounded and letter == ":"):
                after.add(place if wanted == "*" else place + 1)
            elif wanted == letter:
                after.add(place + 1)
        return self.closed(after)


def action_classes(texts: list[str]) -> list[frozenset[int]]:
    """Every set of patterns that some action matches while it matches no other: an action is a service, a colon and a name."""
    patterns = [ActionPattern(text) for text in texts]
    # Anybody may call it, whatever policies say.
    patterns.append(ActionPattern("sts:GetCallerIdentity"))
    State = tuple[int, tuple[tuple[int, frozenset[int]], ...]]
    start: State = (0, tuple((number, one.closed([0])) for number, one in enumerate(patterns)))
    seen, waiting, found = {start}, [start], set()
    while waiting:
        phase, places = waiting.pop()
        if phase == 3:
            matching = frozenset(number for number, at in places if len(patterns[number].text) in at)
            if len(patterns) - 1 not in matching:
                found.add(matching)
        letters = {patterns[n].text[at] for n, all_of in places for at in all_of if at < len(patterns[n].text)} - set("*?")
        # One letter stands for all that no pattern names here.
        for letter in (letters - {":"}) | {":", "\0"}:
            # 0: nothing yet; 1: in the service; 2: behind the colon; 3: in the name.
            if letter == ":":
                if phase != 1:
                    continue
                following = 2
            else:
                following = 1 if phase < 2 else 3
            after = ((number, patterns[number].next(at, letter)) for number, at in places)
            state = (following, tuple((number, at) for number, at in after if at))
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return sorted(found, key=sorted)
