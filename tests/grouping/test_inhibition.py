"""One fault explains others, and nothing explains itself away."""

from __future__ import annotations

from datetime import UTC, datetime

from exporter.grouping import Inhibition, inhibited
from exporter.matching import matchers
from exporter.model import Alert

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def an_alert(name, status="firing", **labels):
    return Alert(name, {"alertname": name, **labels}, status, NOW, 1.0)


def rule(source, target, *equal):
    return Inhibition(matchers(source), matchers(target), equal)


def muted(rules, *alerts):
    return {(key[0], dict(key[1]).get("shop")): mute.by for key, mute in inhibited(rules, alerts).items()}


DEAD = rule({"alertname": "Dead"}, {"alertname": "=~Failing|Stale"}, "shop")


def test_a_fault_mutes_what_depends_on_it_in_its_own_shop_and_says_so():
    found = muted([DEAD], an_alert("Dead", shop="a"), an_alert("Failing", shop="a"), an_alert("Failing", shop="b"))
    assert found == {("Failing", "a"): "Dead"}


def test_only_what_fires_explains():
    for status in ("pending", "resolved"):
        assert muted([DEAD], an_alert("Dead", status, shop="a"), an_alert("Failing", shop="a")) == {}


def test_what_is_over_is_still_explained():
    assert muted([DEAD], an_alert("Dead", shop="a"), an_alert("Failing", "resolved", shop="a")) != {}


def test_alerts_that_both_sides_take_do_not_mute_each_other():
    both = rule({"shop": "a"}, {"shop": "a"})
    assert muted([both], an_alert("One", shop="a"), an_alert("Two", shop="a")) == {}


def test_a_label_that_both_lack_agrees():
    assert muted([DEAD], an_alert("Dead"), an_alert("Failing")) == {("Failing", None): "Dead"}
