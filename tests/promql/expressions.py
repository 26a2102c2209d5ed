"""Random PromQL of the subset that is evaluated here, for comparing two evaluators."""

from __future__ import annotations

import random

NAMES = ("orders", "stock", "limit", "few", "none")
LABELS = ("shop", "kind", "probe")
VALUES = {"shop": ("a", "b", "c"), "kind": ("x", "y", "zz"), "probe": ("p",)}
NUMBERS = ("0", "1", "2", "-1", "0.5", "3", "1e3", "Inf", "-Inf", "NaN", "7.25")
ARITHMETIC = ("+", "-", "*", "/", "%", "^")
COMPARISON = ("==", "!=", ">", "<", ">=", "<=")


def series(chance: random.Random) -> list[tuple[dict[str, str], float]]:
    """A few dozen series with NaN, infinities, zeros and missing labels among them."""
    made: dict[tuple[tuple[str, str], ...], float] = {}
    for name, count in (("orders", 14), ("stock", 10), ("limit", 6), ("few", 1)):
        for _ in range(count):
            labels = {label: chance.choice((*VALUES[label], "")) for label in LABELS}
            kept = {"__name__": name, **{label: text for label, text in labels.items() if text}}
            odd = chance.choice((float("nan"), float("inf"), float("-inf"), 0.0, -0.0))
            number = odd if chance.random() < 0.15 else chance.choice((1, 2, 3, -1, 0.5, 10, -2.5, 1e300, 17))
            made[tuple(sorted(kept.items()))] = float(number)
    return [(dict(key), number) for key, number in made.items()]


class Writer:
    """Writes expressions; brackets are left out as often as not, so that precedence is compared as well."""

    names: tuple[str, ...] = NAMES

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def expression(self) -> str:
        return self._vector(3) if self._chance.random() < 0.9 else self._scalar(3)

    def _pick(self, *choices: str) -> str:
        return self._chance.choice(choices)

    def _maybe(self, text: str, chance: float = 0.5) -> str:
        return text if self._chance.random() < chance else ""

    def _bracketed(self, text: str) -> str:
        return f"({text})" if self._chance.random() < 0.5 else text

    def _names(self) -> str:
        return ", ".join(self._chance.sample(LABELS, self._chance.randint(0, 2)))

    def _selector(self) -> str:
        matchers = []
        for label in self._chance.sample(LABELS, self._pick("0", "0", "1", "2") in "12"):
            text = self._pick(*VALUES[label], "", "nowhere")
            matchers.append(f'{label}{self._pick("=", "!=")}"{text}"')
            matchers.append(
                f'{label}{self._pick("=~", "!~")}"{self._pick("a|b", ".*", ".+", "z", "[^a-m]+", "(?i)A|X")}"'
            )
        kept = self._chance.sample(matchers, min(len(matchers), self._chance.randint(0, 2)))
        if self._chance.random() < 0.05:
            return "{" + ",".join([f'__name__=~"{self.names[0]}|few"', *kept]) + "}"
        return f"{self._pick(*self.names)}{{{','.join(kept)}}}" if kept else self._pick(*self.names)

    def _vector(self, depth: int) -> str:
        if depth == 0 or self._chance.random() < 0.15:
            return self._selector()
        kind = self._pick(
            "between", "between", "between", "scaled", "scaled", "set", "aggregate", "aggregate", "call", "minus"
        )
        return getattr(self, f"_{kind}")(depth - 1)

    def _scalar(self, depth: int) -> str:
        if depth == 0 or self._chance.random() < 0.4:
            return self._pick(*NUMBERS)
        left, right = self._bracketed(self._scalar(depth - 1)), self._bracketed(self._scalar(depth - 1))
        return self._pick(
            "time()",
            f"-({left})",
            f"scalar({self._vector(depth - 1)})",
            f"{left} {self._pick(*ARITHMETIC)} {right}",
            f"{left} {self._pick(*COMPARISON)} bool {right}",
        )

    def _operator(self) -> str:
        sign = self._pick(*ARITHMETIC, *COMPARISON, *COMPARISON)
        return sign + self._maybe(" bool", 0.3) if sign in COMPARISON else sign

    def _matching(self) -> str:
        return self._maybe(f" {self._pick('on', 'ignoring')} ({self._names()})", 0.7)

    def _between(self, depth: int) -> str:
        matching = self._matching()
        group = f" {self._pick('group_left', 'group_right')} ({self._maybe(self._pick(*LABELS))})"
        grouped = matching and self._maybe(group)
        left, right = self._vector(depth), self._vector(depth)
        if grouped and self._chance.random() < 0.7:
            one = f"sum by ({self._names()}) ({right})"
            left, right = (left, one) if "left" in grouped else (one, left)
        return f"{self._bracketed(left)} {self._operator()}{matching}{grouped} {self._bracketed(right)}"

    def _scaled(self, depth: int) -> str:
        sides = [self._bracketed(self._vector(depth)), self._bracketed(self._scalar(depth))]
        self._chance.shuffle(sides)
        return f"{sides[0]} {self._operator()} {sides[1]}"

    def _set(self, depth: int) -> str:
        left, right = self._bracketed(self._vector(depth)), self._bracketed(self._vector(depth))
        return f"{left} {self._pick('and', 'or', 'unless')}{self._matching()} {right}"

    def _aggregate(self, depth: int) -> str:
        grouping = self._maybe(f" {self._pick('by', 'without')} ({self._names()})", 0.8)
        return f"{self._pick('sum', 'min', 'max', 'avg', 'count', 'group')}{grouping} ({self._vector(depth)})"

    def _minus(self, depth: int) -> str:
        return f"-{self._bracketed(self._vector(depth))}"

    def _call(self, depth: int) -> str:
        inner = self._vector(depth)
        one, two = self._scalar(1), self._scalar(1)
        return self._pick(
            f"{self._pick('abs', 'ceil', 'floor', 'round', 'sgn')}({inner})",
            f"{self._pick('round', 'clamp_min', 'clamp_max')}({inner}, {one})",
            f"clamp({inner}, {one}, {two})",
            f"absent({inner})",
            f"absent({self._selector()})",
            f"vector({one})",
        )
