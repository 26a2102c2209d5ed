"""`python -m tests.incidents [--healthy SECONDS]`: plays the incidents and prints what came of them."""

from __future__ import annotations

import argparse
import sys
import time

from tests.incidents import settings
from tests.incidents.fault import GRACE
from tests.incidents.replay import Result, replay
from tests.incidents.traffic import AN_HOUR


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--healthy", type=float, default=60.0, help="seconds that the healthy hour takes")
    began = time.monotonic()
    result = replay(parser.parse_args().healthy)
    print(table(result))
    print(f"\n{time.monotonic() - began:.0f} s in all")
    return 0 if good(result) else 1


def good(result: Result, grace: float = GRACE) -> bool:
    quiet = not result.healthy and not result.strange and not result.refusals
    return quiet and all(each.good(grace) for each in result.outcomes)


def table(result: Result) -> str:
    lines = [
        f"A healthy hour ({result.orders:,} of {AN_HOUR:,} orders): {len(result.healthy)} cards.",
        "",
        "| # | incident | seen in /metrics, s | card, s | asked for, s | of it `for` | `for` as shipped | evidence | over, s | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in result.outcomes:
        fault, over = each.fault, "once" if each.fault.once else _seconds(each.resolved)
        evidence = f"lacks {', '.join(each.lacking)}" if each.lacking else "complete" if each.text else "–"
        pause = f"{each.asked:.1f} | {each.pause / settings.PACE:.1f} | {each.pause:g} s"
        row = (fault.incident, fault.name, _seconds(each.metric), _seconds(each.card), pause, evidence, over)
        lines.append("| " + " | ".join(map(str, row)) + f" | {'' if each.good() else 'NOT as promised'} |")
    lines += [
        "",
        f"False cards: {len(result.healthy) + len(result.strange)}. Refused by the rooms: {len(result.refusals)}.",
    ]
    lines += [f"  {room}: {text[:300]}" for room, text in (*result.healthy, *result.strange)]
    return "\n".join([*lines, *result.refusals])


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    sys.exit(main())
