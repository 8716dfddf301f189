"""Metric math and statistics against an independent reference: random data, random expressions, one request."""

from __future__ import annotations

import datetime
import math
import random
import time
from typing import Any

from harness import Identity

MINUTES = 12
Series = dict[int, float]


def at(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def total(values: list[float]) -> float:
    """In their order: comparisons tell the last bit."""
    result = 0.0
    for value in values:
        result += value
    return result


def spread(values: list[float]) -> float:
    mean = total(values) / len(values)
    return math.sqrt(total([(value - mean) * (value - mean) for value in values]) / len(values))


def finite(series: Series) -> Series:
    return {time: value for time, value in series.items() if math.isfinite(value)}


class Reference:
    """Metric math by AWS's page, written down as it stands there: a series is a dict, a number a number, an array a list."""

    def __init__(self, metrics: dict[str, Series], times: list[int]):
        self.metrics, self.times = metrics, times

    def apply(self, op: str, a: float, b: float) -> float | None:
        if op == "/":
            return None if b == 0 else a / b
        return {
            "+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "<": lambda: float(a < b), ">": lambda: float(a > b),
            "<=": lambda: float(a <= b), ">=": lambda: float(a >= b), "==": lambda: float(a == b), "!=": lambda: float(a != b),
            "AND": lambda: float(bool(a) and bool(b)), "OR": lambda: float(bool(a) or bool(b)),
        }[op]()  # fmt: skip

    def binary(self, op: str, a: Any, b: Any) -> Any:
        if isinstance(a, dict) and isinstance(b, dict):
            pairs = {t: self.apply(op, a.get(t, 0), b.get(t, 0)) for t in set(a) | set(b)}
        elif isinstance(a, dict):
            pairs = {t: self.apply(op, value, b) for t, value in a.items()}
        elif isinstance(b, dict):
            pairs = {t: self.apply(op, a, value) for t, value in b.items()}
        else:
            return self.apply(op, a, b)
        return {t: value for t, value in pairs.items() if value is not None and math.isfinite(value)}

    def previous(self, series: Series, what: str) -> Series:
        result: Series = {}
        times = sorted(series)
        for before, now in zip(times, times[1:]):
            change = series[now] - series[before]
            result[now] = {"DIFF": change, "DIFF_TIME": now - before, "RATE": change / (now - before)}[what]
        return result

    def fill(self, series: Series, filler: Any) -> Series:
        result: Series = {}
        last: float | None = None
        for t in self.times:
            value = series.get(t)
            if value is None and filler == "REPEAT":
                value = last
            elif value is None and filler == "LINEAR":
                before, after = [x for x in series if x < t], [x for x in series if x > t]
                if before and after:
                    a, b = max(before), min(after)
                    value = series[a] + (series[b] - series[a]) * (t - a) / (b - a)
            elif value is None:
                value = filler.get(t) if isinstance(filler, dict) else filler
            if value is not None:
                result[t] = last = value
        return result

    def chosen(self, condition: Series, yes: Any, no: Any) -> Series:
        result: Series = {}
        for t, value in condition.items():
            branch = yes if value else no
            found = branch.get(t) if isinstance(branch, dict) else branch
            if found is None and isinstance(branch, dict) and isinstance(yes, dict):
                found = 0
            if found is not None:
                result[t] = found
        return result

    def across(self, what: str, array: list[Series]) -> Series:
        result: Series = {}
        for t in {t for series in array for t in series}:
            values = [series[t] for series in array if t in series]
            result[t] = {
                "SUM": lambda: total(values), "AVG": lambda: total(values) / len(array), "MIN": lambda: min(values),
                "MAX": lambda: max(values), "STDDEV": lambda: spread(values),
            }[what]()  # fmt: skip
        return result


class Grower:
    """Grows an expression and its value together."""

    def __init__(self, chance: random.Random, reference: Reference):
        self.chance, self.reference = chance, reference

    def series(self, depth: int) -> tuple[str, Series]:
        chance, reference = self.chance, self.reference
        kind = chance.randrange(10) if depth else 0
        if kind == 0:
            name = chance.choice(sorted(reference.metrics))
            return name, reference.metrics[name]
        if kind <= 3:
            text, value = self.series(depth - 1)
            other, number = self.series(depth - 1) if chance.random() < 0.6 else self.scalar(depth - 1)
            if chance.random() < 0.3 and isinstance(number, dict):
                text, value, other, number = other, number, text, value
            op = chance.choice(["+", "-", "*", "/", "<", ">", "<=", ">=", "==", "!=", "AND", "OR"])
            return f"({text} {op} {other})", reference.binary(op, value, number)
        if kind == 4:
            what = chance.choice(["SUM", "AVG", "MIN", "MAX", "STDDEV"])
            (a, x), (b, y) = self.series(depth - 1), self.series(depth - 1)
            return f"{what}([{a}, {b}])", reference.across(what, [x, y])
        if kind == 5:
            what = chance.choice(["DIFF", "DIFF_TIME", "RATE"])
            text, value = self.series(depth - 1)
            return f"{what}({text})", reference.previous(value, what)
        if kind == 6:
            text, value = self.series(depth - 1)
            filler: tuple[str, Any] = chance.choice(
                [("REPEAT", "REPEAT"), ("LINEAR", "LINEAR"), self.series(0), self.scalar(0)])
            return f"FILL({text}, {filler[0]})", reference.fill(value, filler[1])
        if kind == 7:
            (a, condition), (b, yes) = self.series(depth - 1), self.series(depth - 1)
            (c, no) = self.series(depth - 1) if chance.random() < 0.5 else self.scalar(0)
            if chance.random() < 0.3:
                return f"IF({a}, {b})", reference.chosen(condition, yes, None)
            return f"IF({a}, {b}, {c})", reference.chosen(condition, yes, no)
        if kind == 8:
            what = chance.choice(["ABS", "CEIL", "FLOOR", "RUNNING_SUM", "-"])
            text, value = self.series(depth - 1)
            if what == "RUNNING_SUM":
                sums: Series = {}
                so_far = 0.0
                for t in sorted(value):
                    so_far += value[t]
                    sums[t] = so_far
                return f"RUNNING_SUM({text})", sums
            do = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor, "-": lambda x: -x}[what]
            return f"{what}({text})", {t: float(do(x)) for t, x in value.items()}
        text, number = self.scalar(depth - 1)
        return f"TIME_SERIES({text})", {t: number for t in self.reference.times}

    def scalar(self, depth: int) -> tuple[str, float]:
        if depth <= 0 or self.chance.random() < 0.5:
            number = self.chance.randrange(0, 20) / 2
            return str(number), number
        what = self.chance.choice(["SUM", "AVG", "MIN", "MAX"])
        text, value = self.series(depth - 1)
        values = [value[t] for t in sorted(value)]
        if not values:
            return "1", 1.0
        number = {"SUM": total(values), "AVG": total(values) / len(values), "MIN": min(values), "MAX": max(values)}[what]
        return f"{what}({text})", number


def test_metric_math_agrees_with_a_reference(root: Identity) -> None:
    chance = random.Random(19)
    start = int(time.time()) // 60 * 60 - MINUTES * 60
    times = [start + minute * 60 for minute in range(MINUTES)]
    metrics = {
        f"m{i}": {t: float(chance.randrange(0, 12)) for t in times if chance.random() < 0.7} for i in range(1, 4)
    }
    cloudwatch = root.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Reference", MetricData=[
        {"MetricName": name, "Timestamp": at(t), "Value": value} for name, series in metrics.items() for t, value in series.items()
    ])  # fmt: skip
    queries: list[dict[str, Any]] = [
        {"Id": name, "ReturnData": False,
         "MetricStat": {"Metric": {"Namespace": "Reference", "MetricName": name}, "Period": 60, "Stat": "Sum"}}
        for name in metrics
    ]  # fmt: skip
    grower = Grower(chance, Reference(metrics, times))
    expected: dict[str, tuple[str, Series]] = {}
    while len(expected) < 300:
        text, value = grower.series(3)
        if len(text) > 1500 or text in metrics:
            continue
        expected[f"e{len(expected)}"] = (text, finite(value))
    queries += [{"Id": id_, "Expression": text} for id_, (text, _) in expected.items()]
    got: dict[str, Series] = {}
    for page in cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=at(start), EndTime=at(start + MINUTES * 60)
    ):
        for result in page["MetricDataResults"]:
            points = zip(result["Timestamps"], result["Values"], strict=True)
            got.setdefault(result["Id"], {}).update({int(t.timestamp()): value for t, value in points})
    for id_, (text, series) in expected.items():
        assert sorted(got[id_]) == sorted(series), text
        for t, value in series.items():
            assert math.isclose(got[id_][t], value, rel_tol=1e-9, abs_tol=1e-6), (text, t, got[id_][t], value)


def rank(values: list[float], percent: float) -> float:
    """Nearest rank."""
    return values[max(0, math.ceil(percent / 100 * len(values) - 1e-9) - 1)]


def test_statistics_agree_with_a_reference(root: Identity) -> None:
    chance = random.Random(19)
    start = int(time.time()) // 60 * 60 - 60
    counted = {float(chance.randrange(1, 1000)): chance.randrange(1, 9) for _ in range(120)}
    root.client("cloudwatch").put_metric_data(Namespace="Reference", MetricData=[
        {"MetricName": "Values", "Timestamp": at(start), "Values": list(counted), "Counts": list(counted.values())}
    ])  # fmt: skip
    values = sorted(value for value, count in counted.items() for _ in range(count))
    expected: dict[str, float] = {}
    for percent in (1, 10, 50, 90, 99, 99.9):
        expected[f"p{percent}"] = rank(values, percent)
    low, high = rank(values, 10), rank(values, 90)
    expected["WM(10%:90%)"] = total([min(max(value, low), high) for value in values]) / len(values)
    inside = [value for value in values if 200 < value <= 700]
    expected["TM(200:700)"] = total(inside) / len(inside)
    expected["TC(200:700)"] = len(inside)
    expected["TS(200:700)"] = total(inside)
    expected["PR(200:700)"] = 100 * len(inside) / len(values)
    names = list(expected)
    got: dict[str, float] = {}
    for some in (names[:6], names[6:]):
        [point] = root.client("cloudwatch").get_metric_statistics(
            Namespace="Reference", MetricName="Values", StartTime=at(start), EndTime=at(start + 60), Period=60,
            ExtendedStatistics=some)["Datapoints"]  # fmt: skip
        got |= point["ExtendedStatistics"]
    for name, value in expected.items():
        assert math.isclose(got[name], value, rel_tol=1e-9), (name, got[name], value)
