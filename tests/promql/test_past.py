"""Expressions that look back have the results of a real Prometheus that was given the same samples."""

from __future__ import annotations

import random
import re

import pytest

from exporter.promql import History
from exporter.promql.aggregation import aggregations
from exporter.promql.functions import functions
from exporter.promql.vector import NEWEST
from tests.promql import pasts, twin
from tests.servers import prometheus, remote_write

CALLS = re.compile(r"\b([a-z_]+)(?: (?:by|without) \([a-z, ]*\))? ?\(")
ASKED = 6000


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A real Prometheus and a history with the same samples, stale markers among them."""
    told = pasts.series(random.Random(5))
    history = History()
    for labels, samples in told:
        for time, value in samples:
            history.append(labels, time / 1000, value)
    with prometheus.running(tmp_path_factory.mktemp("past"), "global: {}\n", remote_write.FLAG) as server:
        remote_write.send(server.url, told)
        yield server, history


@pytest.mark.server
def test_random_expressions_over_a_past_have_the_results_of_a_real_prometheus(pair):
    writer, chance = pasts.PastWriter(seed=4), random.Random(1)
    backs = (0, 0, 0.001, 7.5, 60, 300, 900.25)
    asked = [(writer.expression(), pasts.END / 1000 - chance.choice(backs)) for _ in range(ASKED)]
    kinds, different = twin.compared(*pair, asked)
    assert not different, f"{len(different)} of {ASKED} differ:\n" + "\n".join(different[:10])
    assert kinds["result"] > 2000, kinds
    assert kinds["error"] > 200, kinds


@pytest.mark.server
@pytest.mark.parametrize(
    "call", [*pasts.RATES, *pasts.OF_GAUGES, *(f"{name}_over_time" for name in pasts.REDUCED), "absent_over_time"]
)
def test_a_function_over_time_has_the_results_of_a_real_prometheus(pair, call):
    asked = [
        (f"{call}({name}[{length}]{moved})", pasts.END / 1000 - back)
        for name in (*pasts.COUNTERS, *pasts.GAUGES)
        for length in pasts.LENGTHS
        for moved in ("", " offset 1m")
        for back in (0, 15, 907.5)
    ]
    kinds, different = twin.compared(*pair, asked)
    assert not different, f"{len(different)} differ:\n" + "\n".join(different[:5])
    assert kinds["result"] > 0 or call == "absent_over_time"
    assert kinds["error"] == 0


def test_the_random_expressions_call_every_function_and_aggregation():
    writer = pasts.PastWriter(seed=4)
    called = {name for _ in range(ASKED) for name in CALLS.findall(writer.expression())}
    assert (functions(NEWEST).keys() | aggregations(NEWEST).keys()) - called == set()
