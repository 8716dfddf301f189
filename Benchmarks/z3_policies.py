"""`make z3` and `make bench`: asks Z3 what Gatehouse has answered about whole policies, and compares.

    z3_policies.py PATH-OF-REASONBENCH [HOW_MANY [SEED]]
    z3_policies.py --self-test

`ReasonBench questions` takes pairs of AWS's managed policies, of the published ones in Tests/ReasoningTests/Published, and of
versions of them, and asks whether one grants what the other does not, or anything at all; half as many questions are about pairs of
`made_up_policies.py`. Z3 gets the same questions, translated
from JSON by `policy_smt.py`. If one says yes and the other no, that is a failure. What Z3 does not decide in time, or what the
translation does not have, is counted and is no agreement. It takes Debian's z3.
"""

from __future__ import annotations

import json
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from made_up_policies import Author
from policy_smt import (
    ABSENT,
    EMPTY,
    NO_TEXT,
    ONE_VALUE,
    VALUES,
    Atoms,
    Dimensions,
    Unsupported,
    action_classes,
    both,
    either,
    intersection,
    listed,
    shapes,
)

# Milliseconds for one question to Z3, and seconds for all that a question about policies comes to.
CHECK, LIMIT = 2000, 6
# Megabytes for Z3.
MEMORY = 1000
PUBLISHED = Path(__file__).parents[1] / "Tests/ReasoningTests/Published"


class Undecided(Exception):
    """Z3 did not find out in time."""


class Solver:
    """A Z3 that runs on, and the processor time that it has taken."""

    def __init__(self) -> None:
        self.lost = 0.0
        self.start()
        self.known: dict[str, list[frozenset[int]]] = {}
        self.deadline = float("inf")

    def start(self) -> None:
        if (path := shutil.which("z3")) is None:
            sys.exit("z3 is not installed: Tools/install-dependencies bench")
        self.process = subprocess.Popen(
            [path, "-in", f"-memory:{MEMORY}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        before = getrusage(RUSAGE_CHILDREN).ru_utime
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.lost += getrusage(RUSAGE_CHILDREN).ru_utime - before

    def seconds(self) -> float:
        """Of its processor; what else the machine does is not in it."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1e9 + self.lost

    def is_possible(self, text: str, milliseconds: int = CHECK) -> bool:
        assert self.process.stdin and self.process.stdout
        if time.perf_counter() > self.deadline:
            raise Undecided
        self.process.stdin.write(f"(set-option :timeout {milliseconds})\n(push)\n{text}\n(check-sat)\n(pop)\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer in ("unknown", "timeout"):
            raise Undecided
        if not answer or "memory" in answer:
            # It has crashed, or wants too much.
            self.close()
            self.start()
            raise Undecided
        if answer not in ("sat", "unsat"):
            raise SystemExit(f"Z3 says {answer!r} to\n{text}")
        return answer == "sat"

    def combinations(self, atoms: Atoms) -> list[frozenset[int]]:
        """Which atoms are true of some string while all others are false."""
        signature = " ".join([*atoms.universe, *atoms.expressions])
        if signature not in self.known:
            found: list[tuple[list[str], frozenset[int]]] = [([], frozenset())]
            for number, expression in enumerate(atoms.expressions):
                divided = []
                for parts, true in found:
                    complement = f"({'re.comp' if atoms.kind == 'text' else 'not'} {expression})"
                    inside, outside = [*parts, expression], [*parts, complement]
                    has_inside = self.has_value(inside, atoms)
                    if has_inside:
                        divided.append((inside, true | {number}))
                    # Some string is in what is divided.
                    if not has_inside or self.has_value(outside, atoms):
                        divided.append((outside, true))
                found = divided
            self.known[signature] = [true for _, true in found] + [frozenset()] * atoms.is_open
        return self.known[signature]

    def has_value(self, parts: list[str], atoms: Atoms) -> bool:
        """Whether any string or number of a universe is in all of some expressions."""
        if atoms.kind != "text":
            sort = "Int" if atoms.kind == "address" else "Real"
            return self.is_possible(f"(declare-const x {sort})\n(assert {both([*parts, *atoms.universe])})")
        undecided = None
        for part in atoms.universe:
            try:
                if self.is_filled(intersection([*parts, part])):
                    return True
            except Undecided as reason:
                undecided = reason
        if undecided:
            raise undecided
        return False

    def is_filled(self, expression: str) -> bool:
        # From either way of asking there are expressions that Z3 does not come back from, rarely the same.
        ways = (
            f"(assert (not (= {expression} (as re.none RegLan))))",
            f"(declare-const x String)\n(assert (str.in_re x {expression}))",
        )
        for milliseconds, way in ((CHECK // 8, ways[0]), (CHECK // 8, ways[1]), (CHECK, ways[0])):
            try:
                return self.is_possible(way, milliseconds)
            except Undecided:
                if time.perf_counter() > self.deadline:
                    raise
        return self.is_possible(ways[1])


def definitions(solver: Solver, dimensions: Dimensions) -> list[str]:
    """The constants of a formula."""
    lines = []
    possible = solver.combinations(dimensions.resource)
    # The last is the resource "*", of which no pattern but "*" is true.
    lines.append(f"(declare-const resource Int)\n(assert (<= 0 resource {len(possible)}))")
    for atom in range(len(dimensions.resource.expressions)):
        inside = [f"(= resource {place})" for place, true in enumerate(possible) if atom in true]
        lines.append(f"(define-fun resource_{atom} () Bool {either(inside)})")
    for number, (key, atoms) in enumerate(dimensions.keys.items()):
        possible = solver.combinations(atoms)
        texts = [place for place, true in enumerate(possible) if NO_TEXT not in true]
        shape, value = f"shape_{number}", f"value_{number}"
        lines.append(f"(declare-const {shape} Int)\n(assert {either([f'(= {shape} {one})' for one in shapes(key)])})")
        # One value is not empty, but for a few keys, nor are all of several.
        single = range(len(possible)) if key in EMPTY else texts
        lines.append(f"(declare-const {value} Int)\n(assert {either([f'(= {value} {place})' for place in single])})")
        lines += [f"(declare-const has_{number}_{place} Bool)" for place in range(len(possible))]
        lines.append(f"(assert {either([f'has_{number}_{place}' for place in texts])})")
        lines.append(f"(define-fun absent_{number} () Bool (= {shape} {ABSENT}))")
        for atom in range(len(atoms.expressions)):
            for suffix, wanted in (("", True), ("-not", False)):
                fits = [place for place, true in enumerate(possible) if (atom in true) == wanted]
                others = [place for place in range(len(possible)) if place not in fits]
                one = both([f"(= {shape} {ONE_VALUE})", either([f"(= {value} {place})" for place in fits])])
                every = both([f"(= {shape} {VALUES})", *[f"(not has_{number}_{place})" for place in others]])
                some = both([f"(= {shape} {VALUES})", either([f"has_{number}_{place}" for place in fits])])
                for name, formula in (("one", one), ("all", f"(or {one} {every})"), ("any", f"(or {one} {some})")):
                    lines.append(f"(define-fun {name}{suffix}_{number}_{atom} () Bool {formula})")
    return lines


def decide(solver: Solver, old: str | None, new: str) -> bool:
    """Whether a policy grants a request that another, if there is one, does not."""
    solver.deadline = time.perf_counter() + LIMIT
    # Each question is measured by itself.
    solver.known.clear()
    texts: list[str] = []
    statements: list[tuple[bool, dict, frozenset[int]]] = []
    for is_new, document in ((True, new), (False, old)):
        for statement in listed(json.loads(document)["Statement"]) if document is not None else []:
            if "Principal" in statement or "NotPrincipal" in statement:
                raise Unsupported("principals")
            actions = listed(statement.get("Action", statement.get("NotAction")))
            statements.append((is_new, statement, frozenset(range(len(texts), len(texts) + len(actions)))))
            texts += actions
    asked = {
        tuple(place for place, (_, statement, own) in enumerate(statements) if bool(own & true) == ("Action" in statement))
        for true in action_classes(texts)
    }
    left_out: Unsupported | Undecided | None = None
    for places in sorted(asked):
        chosen = [statements[place] for place in places]
        if not any(is_new and statement["Effect"] == "Allow" for is_new, statement, _ in chosen):
            continue
        try:
            dimensions = Dimensions()
            formulas = [(is_new, statement["Effect"], dimensions.formula(statement)) for is_new, statement, _ in chosen]

            def grants(is_new: bool) -> str:
                allows = [formula for side, effect, formula in formulas if side == is_new and effect == "Allow"]
                denies = [formula for side, effect, formula in formulas if side == is_new and effect == "Deny"]
                return f"(and {either(allows)} (not {either(denies)}))"

            lines = definitions(solver, dimensions)
            lines.append(f"(assert {grants(True)})\n(assert (not {grants(False)}))")
            if solver.is_possible("\n".join(lines)):
                return True
        except (Unsupported, Undecided) as reason:
            left_out = reason
    if left_out is not None:
        raise left_out
    return False


def policy(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: object, resource: object = "*", effect: str = "Allow", **more: object) -> dict:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def deny(action: object, resource: object = "*", **more: object) -> dict:
    return allow(action, resource, "Deny", **more)


def self_test() -> None:
    """The translation's answers where AWS's documentation leaves no doubt."""

    def when(operator: str, key: str, *values: str) -> dict:
        return {"Condition": {operator: {key: list(values)}}}

    def elsewhere(resource: str) -> dict:
        return {"Effect": "Deny", "Action": "s3:*", "NotResource": resource}

    bucket = "arn:aws:s3:::b/*"
    cases: list[tuple[str, tuple[dict, ...] | None, tuple[dict, ...], bool]] = [
        ("anything", None, (allow("s3:GetObject"),), True),
        ("all of it denied", None, (allow("s3:Get*"), deny("S3:*")), False),
        ("denied but for one", None, (allow("s3:Get*"), deny("s3:GetObject*")), True),
        ("a pattern has its texts", (allow("s3:Get*"),), (allow("s3:GetObject"),), False),
        ("and more", (allow("s3:GetObject"),), (allow("s3:Get*"),), True),
        ("NotAction", (allow("*"), deny("iam:*")), ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},), False),
        ("a wildcard stays in the service", (allow("s3:*"),), (allow("s3*:Get"),), True),
        ("resources", (allow("s3:GetObject", "arn:aws:s3:::b*"),), (allow("s3:GetObject", bucket),), False),
        ("fewer resources", (allow("s3:GetObject", bucket),), (allow("s3:GetObject", "arn:aws:s3:::b*"),), True),
        ("parts of an ARN", (allow("sqs:*", "arn:aws:sqs:*:1:q"),), (allow("sqs:*", "arn:aws:sqs:us-?:1:q"),), False),
        ("no part of an ARN", (allow("sqs:*", "arn:aws:sqs:u*:1:q"),), (allow("sqs:*", "arn:aws:sqs:*:1:q"),), True),
        ("only * has no resource", (allow("sqs:*", "arn:*"),), (allow("sqs:*"),), True),
        ("NotResource", None, (allow("s3:*", bucket), elsewhere("arn:aws:s3:::c*")), False),
        ("NotResource in part", None, (allow("s3:*", bucket), elsewhere("arn:aws:s3:::b/c*")), True),
        ("a negated key may be missing", None,
         (allow("s3:*"), deny("s3:*", **when("StringNotEquals", "aws:SourceVpc", "v"))), True),
        ("two values at once", None,
         (allow("s3:*", **when("StringEquals", "aws:SourceVpc", "v")), deny("s3:*", **when("StringLike", "aws:SourceVpc", "?"))),
         False),
        ("true and false are all", (allow("s3:*", **when("BoolIfExists", "aws:SecureTransport", "true")),
         allow("s3:*", **when("Bool", "aws:SecureTransport", "False"))), (allow("s3:*"),), False),
        ("missing", (allow("s3:*", **when("Null", "aws:SourceVpc", "false")),), (allow("s3:*"),), True),
        ("several values", None, (allow("s3:*", **when("ForAllValues:StringEquals", "aws:TagKeys", "a", "b")),
         deny("s3:*", **when("ForAnyValue:StringEquals", "aws:TagKeys", "a")),
         deny("s3:*", **when("Null", "aws:TagKeys", "true"))), True),
        ("none of several", None, (allow("s3:*", **when("ForAllValues:StringEquals", "aws:TagKeys", "a")),
         deny("s3:*", **when("ForAnyValue:StringEquals", "aws:TagKeys", "a")),
         deny("s3:*", **when("Null", "aws:TagKeys", "true"))), False),
        ("any case", None, (allow("s3:*", **when("StringEquals", "aws:SourceVpc", "V")),
         deny("s3:*", **when("StringEqualsIgnoreCase", "aws:SourceVpc", "v"))), False),
        ("ARNs part by part", None, (allow("s3:*", **when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:b")),
         deny("s3:*", **when("StringLike", "aws:SourceArn", "arn:aws:s3:*:b"))), False),
        ("a number between", None, (allow("s3:*", **when("NumericLessThan", "s3:max-keys", "11")),
         deny("s3:*", **when("NumericLessThanEquals", "s3:max-keys", "10"))), True),
        ("no number between", None, (allow("s3:*", **when("NumericLessThan", "s3:max-keys", "10")),
         deny("s3:*", **when("NumericNotEquals", "s3:max-keys", "11"))), False),
        ("dates", None, (allow("s3:*", **when("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")),
         deny("s3:*", **when("DateLessThan", "aws:CurrentTime", "1577836800"))), False),
        ("addresses", None, (allow("s3:*", **when("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
         deny("s3:*", **when("IpAddress", "aws:SourceIp", "10.0.0.0/9", "10.128.0.0/9"))), False),
        ("other addresses", None, (allow("s3:*", **when("NotIpAddress", "aws:SourceIp", "0.0.0.0/0")),
         deny("s3:*", **when("NotIpAddress", "aws:SourceIp", "::/1")), deny("s3:*", **when("Null", "aws:SourceIp", "true"))),
         True),
    ]  # fmt: skip
    solver = Solver()
    for name, old, new, expected in cases:
        if decide(solver, old and policy(*old), policy(*new)) != expected:
            sys.exit(f"self-test: {name}: {not expected}")
    try:
        decide(solver, None, policy(allow("s3:*", "arn:aws:s3:::${aws:username}")))
        sys.exit("self-test: variables are not translated")
    except Unsupported:
        pass
    solver.close()
    print(f"{len(cases)} questions of the self-test are answered as they have to be")


def published() -> str:
    """The published policies without principals, one in a line: name, tab, document."""
    lines = []
    for path in sorted(PUBLISHED.glob("*.json")):
        for entry in json.loads(path.read_text()):
            if not any({"Principal", "NotPrincipal"} & set(one) for one in listed(entry["policy"]["Statement"])):
                lines.append(f"{entry['name']}\t{json.dumps(entry['policy'])}\n")
    return "".join(lines)


def compare(program: str, title: str, count: int, seed: int, handed_in: str) -> bool:
    """Asks, prints a table, and says whether all is well."""
    lines = subprocess.run(
        [program, "questions", str(count), str(seed)], input=handed_in, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()
    solver = Solver()
    left_out: Counter[str] = Counter()
    times: list[tuple[float, float, float]] = []
    agreed, unknown, undecided, wrong = {"yes": 0, "no": 0}, 0, 0, 0
    for line in lines:
        question = json.loads(line)
        before = solver.seconds()
        try:
            answer = "yes" if decide(solver, question["old"], question["new"]) else "no"
        except Unsupported as reason:
            left_out[str(reason)] += 1
            continue
        except Undecided:
            undecided += 1
            continue
        if question["answer"] == "unknown":
            unknown += 1
        elif question["answer"] != answer:
            wrong += 1
            print(f"DISAGREEMENT (seed {seed}): Z3 says {answer}, Gatehouse {question['answer']}: {json.dumps(question)}")
        else:
            agreed[answer] += 1
            own = (question["nanoseconds"] / 1000, question["nanosecondsFromText"] / 1000)
            times.append((*own, (solver.seconds() - before) * 1e6))
    solver.close()
    print(
        f"\n| {len(lines)} questions about {title} (seed {seed}): Z3 agrees with {agreed['yes']} yes and {agreed['no']} no, "
        f"disagrees with {wrong}; Gatehouse has not decided {unknown}, Z3 {undecided} | median | 99 % |\n|---|---|---|"
    )
    for name, column in zip(("Gatehouse", "the same, policies read from text", "Z3, read from text"), zip(*times)):
        top = sorted(column)[min(len(column) - 1, int(len(column) * 0.99))]
        print(f"| {name} | {statistics.median(column):,.1f} µs | {top:,.1f} µs |")
    print(f"Left out: {', '.join(f'{number} for {reason}' for reason, number in left_out.most_common()) or 'none'}.")
    if sum(agreed.values()) * 2 < len(lines):
        print("TOO FEW questions were compared")
        return False
    return not wrong


def main() -> None:
    program, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 60
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1_000_000)
    author = Author(seed)
    made_up = "".join("made up\t{}\t{}\n".format(*author.pair()) for _ in range(count // 2))
    are_well = [
        compare(program, "AWS's and published policies", count, seed, published()),
        compare(program, "made-up policies", 0, seed, made_up),
    ]
    if not all(are_well):
        sys.exit(1)


if __name__ == "__main__":
    self_test()
    if sys.argv[1] != "--self-test":
        main()
