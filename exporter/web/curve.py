"""A trend as an inline picture: lines that break where there was no answer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.sparks import Trend
    from exporter.web.wording import Wording


@dataclass(frozen=True, slots=True)
class Curve:
    """`path` is that of an SVG, `width` × `height` large; `dots` are single points; `said` is it in words."""

    path: str
    dots: tuple[tuple[float, float], ...]
    width: int
    height: int
    said: str


def curve(trend: Trend | None, say: Wording, width: int = 96, height: int = 22) -> Curve | None:
    """From 0, or the lowest below it, to the highest; what never changed is in the middle, unless it is 0."""
    if trend is None or len(trend.points) < 2:  # noqa: PLR2004 - one point is no line
        return None
    known = [point for point in trend.points if point is not None]
    low, high = min(known), max(known)
    bottom = min(low, 0.0) if low != high else low - abs(low)
    span, across = (high - bottom if low != high else 2 * abs(low)) or 1.0, (width - 2) / (len(trend.points) - 1)

    def place(number: int, value: float) -> tuple[float, float]:
        return round(1 + number * across, 1), round(height - 2 - (value - bottom) / span * (height - 4), 1)

    path, dots = "", []
    for is_known, run in groupby(enumerate(trend.points), key=lambda each: each[1] is not None):
        places = [place(number, value) for number, value in run if value is not None]
        if is_known and len(places) > 1:
            path += "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
        elif is_known:
            dots += places
    told = {"low": say.value(trend.metric, low), "high": say.value(trend.metric, high)}
    length = say.length(len(trend.points) * trend.step)
    return Curve(path, tuple(dots), width, height, say.word("curve", length=length, **told))
