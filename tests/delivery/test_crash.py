"""A sidecar is killed at any instant between flip and receipt: no card is lost, at most one a kill repeated, marked."""

from __future__ import annotations

from tests.delivery import chaos

KILLS = 40


def test_a_sidecar_that_is_killed_at_any_instant_loses_no_card_and_marks_what_it_repeats(tmp_path):
    outcome = chaos.run(tmp_path, KILLS)
    print(outcome)  # noqa: T201 - the figures
    assert outcome.faults == []
    assert outcome.in_flight > KILLS // 10, "it was too quick to be killed"
