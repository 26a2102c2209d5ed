"""What may stand in config.yaml, and what runs apart."""

import pytest
from pydantic import ValidationError

from exporter.probes.replica_lag import ReplicaLag
from exporter.shop import NotApplicable
from tests.probes.plain import NOW


def test_each_replica_is_a_part_in_a_lane_of_its_own():
    probe = ReplicaLag()
    assert probe.parts(["reporting", "search"]) == {"reporting": probe, "search": probe}
    assert len({probe.lane("reporting"), probe.lane("search"), ""}) == 3


def test_a_shop_without_replicas_says_so(lite):
    assert list(ReplicaLag().parts([])) == [""]
    with pytest.raises(NotApplicable, match="the shop has no replicas; write replicas:"):
        lite.probe(ReplicaLag(), NOW)


def test_a_wait_that_does_not_fit_into_a_run_is_refused():
    with pytest.raises(ValidationError, match="at most 40% of timeout"):
        ReplicaLag.model_validate({"catch_up": "2s"})
    assert ReplicaLag.model_validate({"catch_up": "2s", "timeout": "5s"}).catch_up == 2
