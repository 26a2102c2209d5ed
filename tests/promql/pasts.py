"""Random series with a past, and PromQL that looks back into it, for comparing two evaluators."""

from __future__ import annotations

import random

from exporter.promql import STALE
from tests.promql.expressions import NUMBERS, VALUES, Writer

END = 1_700_000_000_000
SPAN = 3_000_000  # a fresh Prometheus takes samples of one hour only
COUNTERS, GAUGES = ("paid", "sent"), ("stock", "lag", "few")
LENGTHS = ("30s", "1m", "90s", "2m", "5m", "10m", "17m", "45m")
OFFSETS = ("15s", "1m", "5m", "-1m", "12m30s")
RATES = ("rate", "increase", "irate", "resets", "changes")
OF_GAUGES = ("delta", "idelta", "deriv", "changes")
REDUCED = ("avg", "min", "max", "sum", "count", "stddev", "stdvar", "last", "present")
DATES = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year")

Told = tuple[dict[str, str], list[tuple[int, float]]]


def series(chance: random.Random) -> list[Told]:
    """Counters that begin again, gauges, histograms; on a grid and beside it, with gaps, stale markers and odd values."""
    made: dict[tuple[tuple[str, str], ...], list[tuple[int, float]]] = {}
    for name, count in (("paid", 16), ("sent", 12), ("stock", 16), ("lag", 9), ("few", 1)):
        for _ in range(count):
            labels = {label: chance.choice((*texts, "")) for label, texts in VALUES.items()}
            key = tuple(sorted({"__name__": name, **{k: v for k, v in labels.items() if v}}.items()))
            made[key] = _samples(chance, counter=name in COUNTERS)
    for shop in VALUES["shop"]:
        made |= _histogram(chance, shop)
    return [(dict(key), samples) for key, samples in made.items()]


def _times(chance: random.Random) -> list[int]:
    step, jitter = chance.choice((15_000, 30_000, 60_000)), chance.choice((0, 0, 900))
    times = [time + chance.randint(0, jitter) for time in range(END - SPAN, END, step)]
    gap = chance.randrange(len(times))
    missing = range(gap, gap + chance.choice((0, 1, 3, 25)))
    return [time for n, time in enumerate(times) if n not in missing]


def _samples(chance: random.Random, *, counter: bool) -> list[tuple[int, float]]:
    value, steady = float(chance.choice((0, 0, 3, 250))), chance.random() < 0.2
    samples = []
    for time in _times(chance):
        if not steady:
            value = value + chance.choice((0, 0, 1, 2.5, 7)) if counter else value + chance.uniform(-5, 5)
        if counter and chance.random() < 0.02:
            value = float(chance.choice((0, 1)))
        odd = chance.random()
        samples.append((time, STALE if odd < 0.02 else float(chance.choice(NUMBERS)) if odd < 0.025 else value))
    return samples


def _histogram(chance: random.Random, shop: str) -> dict[tuple[tuple[str, str], ...], list[tuple[int, float]]]:
    bounds = chance.choice((("0.1", "0.5", "1", "+Inf"), ("-1", "0", "2.5e0", "+Inf"), ("1", "2"), ("+Inf",)))
    times = _times(chance)
    counts = [0.0] * len(bounds)
    made: dict[tuple[tuple[str, str], ...], list[tuple[int, float]]] = {}
    for time in times:
        grown = 0.0
        for n, bound in enumerate(bounds):
            grown += chance.choice((0, 0, 1, 3))
            counts[n] += grown
            key = (("__name__", "seconds_bucket"), ("le", bound), ("shop", shop))
            made.setdefault(key, []).append((time, counts[n] - chance.choice((0, 0, 0, 0, 1))))
    return made


class PastWriter(Writer):
    """The expressions of instants, over selectors and calls that look back."""

    names = (*COUNTERS, *GAUGES, "none")

    def _selector(self) -> str:
        return super()._selector() + self._when()

    def _when(self) -> str:
        at = self._pick("end()", "start()", *(str(END / 1000 - back) for back in (0, 60, 600.5, 1500)))
        parts = [self._maybe(f" offset {self._pick(*OFFSETS)}", 0.15), self._maybe(f" @ {at}", 0.08)]
        self._chance.shuffle(parts)
        return "".join(parts)

    def _range(self, depth: int, names: tuple[str, ...]) -> str:
        if depth > 0 and self._chance.random() < 0.3:
            step = self._maybe(self._pick("15s", "1m", "50s", "2m"), 0.8)
            return f"{self._bracketed_always(depth)}[{self._pick(*LENGTHS)}:{step}]{self._when()}"
        return f"{self._named(names)}[{self._pick(*LENGTHS)}]{self._when()}"

    def _bracketed_always(self, depth: int) -> str:
        return f"({self._vector(min(depth, 1))})"

    def _fresh(self) -> str:
        """A selector without `@`: the timestamps of one with it 2.42 does not find."""
        return super()._selector() + self._maybe(f" offset {self._pick(*OFFSETS)}", 0.3)

    def _named(self, names: tuple[str, ...]) -> str:
        matchers = [f'{label}{self._pick("=", "!=")}"{self._pick(*VALUES[label], "")}"' for label in ("shop", "kind")]
        kept = self._chance.sample(matchers, self._chance.choice((0, 0, 1)))
        return f"{self._pick(*names)}{{{','.join(kept)}}}" if kept else self._pick(*names)

    def _aggregate(self, depth: int) -> str:
        grouping = self._maybe(f" {self._pick('by', 'without')} ({self._names()})", 0.8)
        inner = self._vector(depth)
        return self._pick(
            f"{self._pick('sum', 'min', 'max', 'avg', 'count', 'group', 'stddev', 'stdvar')}{grouping} ({inner})",
            f"quantile{grouping} ({self._pick('0', '0.5', '0.9', '1', '-1', '2', 'NaN')}, {inner})",
            f'count_values{grouping} ("{self._pick("found", "shop")}", {self._selector()})',
            self._ranked(grouping, inner),
        )

    def _ranked(self, grouping: str, inner: str) -> str:
        """Which of equal elements are chosen nobody says, so only what does not depend on that is asked."""
        chosen = f"{self._pick('topk', 'bottomk')}{grouping} ({self._pick('0', '1', '2', '5', 'NaN')}, {inner})"
        return f"{self._pick('sum', 'count', 'min', 'max')}{grouping} ({chosen})"

    def _call(self, depth: int) -> str:
        kind = self._pick(
            "plain", "instant", "rate", "rate", "gauge", "over", "over", "quantile", "ahead", "date", "label"
        )
        return getattr(self, f"_of_{kind}")(depth)

    def _of_plain(self, depth: int) -> str:
        return super()._call(depth)

    def _of_instant(self, depth: int) -> str:
        return self._pick(
            f"timestamp({self._fresh()})",
            f"timestamp(1 * {self._bracketed_always(depth)})",
            f"{self._pick('sort', 'sort_desc')}({self._vector(depth)})",
            f"absent_over_time({self._range(depth, (*self.names,))})",
            f"time() - timestamp({self._named(GAUGES)})",
        )

    def _of_rate(self, depth: int) -> str:
        return f"{self._pick(*RATES)}({self._range(depth, COUNTERS)})"

    def _of_gauge(self, depth: int) -> str:
        return f"{self._pick(*OF_GAUGES)}({self._range(depth, GAUGES)})"

    def _of_over(self, depth: int) -> str:
        return f"{self._pick(*REDUCED)}_over_time({self._range(depth, self.names)})"

    def _of_quantile(self, depth: int) -> str:
        share = self._pick("0", "0.25", "0.5", "0.99", "1", "1.5", "-0.1")
        rate = self._pick("seconds_bucket", "rate(seconds_bucket[5m])", "sum by (le) (increase(seconds_bucket[10m]))")
        return self._pick(
            f"quantile_over_time({share}, {self._range(depth, GAUGES)})",
            f"histogram_quantile({share}, {rate})",
        )

    def _of_ahead(self, depth: int) -> str:
        return f"predict_linear({self._range(depth, GAUGES)}, {self._pick('0', '60', '3600', '-300')})"

    def _of_date(self, depth: int) -> str:
        inner = self._pick("", f"vector({self._pick('0', '-1', '951782400', '1.7e9')})", f"timestamp({self._fresh()})")
        return f"{self._pick(*DATES)}({inner})"

    def _of_label(self, depth: int) -> str:
        inner, source = self._vector(depth), self._pick("shop", "kind", "probe", "none")
        target, regex = self._pick("shop", "made"), self._pick("(.*)", "([ab])", "(?P<x>.)(.*)", "z+", ".+")
        text = self._pick("$1", "$1-${2}", "$x", "${x}y", "", "$$", "$1x")
        return self._pick(
            f'label_replace({inner}, "{target}", "{text}", "{source}", "{regex}")',
            f'label_join({inner}, "{target}", "{self._pick("-", "")}", "shop", "{source}")',
        )
