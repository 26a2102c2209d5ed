"""A plan as the command writes it, and what it says when it cannot."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from exporter.__main__ import main
from exporter.config import load
from exporter.probes.pending_paid import PendingPaid
from exporter.state import State
from tests.probes.plain import on_mariadb, on_sqlite


def ago(**length):
    return datetime.now(UTC) - timedelta(**length)


@pytest.fixture
def plain(tmp_path):
    shop = on_sqlite(tmp_path)
    probes = {"pending_paid": {}}
    config = {"shops": {"main": {"database": shop.url, "tables": "plain", "probes": probes}}, "language": "en"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    yield shop
    shop.close()


@pytest.fixture
def repair(tmp_path, capsys):
    def run(*words):
        status = main(["repair", *words, "--config.file", str(tmp_path / "config.yaml")])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def stuck(plain, number, minutes=30):
    plain.order(number, created_at=ago(minutes=minutes + 5))
    plain.callback(number, ago(minutes=minutes))


def test_without_an_output_the_plan_is_printed(plain, repair):
    stuck(plain, "N1")
    status, out, _ = repair("pending_paid")
    assert status == 0
    assert "-- repair plan pending_paid · shop main" in out
    assert 'UPDATE "orders"\nSET "status" = \'paid\'' in out


def test_where_nothing_is_wrong_the_plan_says_so(plain, repair):
    stuck(plain, "IN-FLIGHT", minutes=1)
    status, out, _ = repair("pending_paid")
    assert status == 0
    assert "There is nothing to repair." in out
    assert "UPDATE" not in out


def test_a_limit_takes_the_oldest_cases_and_counts_the_rest(plain, repair):
    for minutes in (20, 60, 40):
        stuck(plain, f"N{minutes}", minutes)
    _, out, _ = repair("pending_paid", "--limit", "2")
    assert out.index("order N60") < out.index("order N40")
    assert "order N20" not in out
    assert "--limit: the oldest 2 cases; 1 more are left" in out
    assert out.count("UPDATE") == 2


def test_a_case_that_the_running_sidecar_still_knows_is_planned_although_it_left_the_window(plain, repair, tmp_path):
    stuck(plain, "OLD", minutes=600)
    assert "OLD" not in repair("pending_paid")[1]
    config = load(tmp_path / "config.yaml")
    state = State(config.state_url())
    shop = config.shops["main"].opened("main", config.zone, state)
    list(PendingPaid().read(shop.bounded("pending_paid", 30), ago(minutes=590)))
    kept = state.recall("main", "pending_paid")
    assert "order OLD" in repair("pending_paid")[1]
    assert state.recall("main", "pending_paid") == kept
    shop.close()
    state.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pending_payd"], "no plan 'pending_payd'; did you mean 'pending_paid'?"),
        (["negative_stock"], "there is no plan for negative_stock: only a count of the goods tells the right quantity"),
        (["pending_paid", "--shop", "mian"], "no shop 'mian'; did you mean 'main'?"),
        (["reservations"], "no shop has no probe negative_stock; write negative_stock: {} under its probes"),
    ],
)
def test_wrong_words_are_told_with_the_right_ones(plain, repair, words, said):
    status, out, err = repair(*words)
    assert (status, out) == (2, "")
    assert said in err


def test_a_file_that_is_there_is_never_overwritten(plain, repair, tmp_path):
    file = tmp_path / "plan.sql"
    file.write_text("evidence")
    status, _, err = repair("pending_paid", "--output", str(file))
    assert (status, file.read_text()) == (2, "evidence")
    assert "is there already; name another file" in err


@pytest.mark.server
def test_no_password_is_in_the_plan_and_a_shop_that_is_away_is_told(mariadb, repair, tmp_path):
    mariadb.database("locked")
    mariadb.account("oh_repair", "SELECT ON locked.*", password="c4nary-word")
    shop = {"database": mariadb.url("locked", "oh_repair", "c4nary-word"), "tables": "plain"}
    (tmp_path / "config.yaml").write_text(
        yaml.safe_dump({"shops": {"main": {**shop, "probes": {"pending_paid": {}}}}, "language": "en"})
    )
    status, out, err = repair("pending_paid")
    assert (status, out) == (1, "")
    assert "main: " in err
    assert "c4nary" not in err
    plain = on_mariadb(mariadb, "locked")
    stuck(plain, "N1")
    status, out, err = repair("pending_paid")
    assert status == 0, err
    assert "UPDATE" in out
    assert "c4nary" not in out
    assert "oh_repair" not in out


def test_a_plan_is_made_of_all_callbacks_although_one_run_cannot_read_them(plain, repair, monkeypatch):
    for number in range(30):
        stuck(plain, f"N{number}", minutes=20 + number)
    monkeypatch.setattr("exporter.shop.stretches.CAP", 5)
    monkeypatch.setattr("exporter.probes.pending_paid.look.CAP", 5)
    _, out, _ = repair("pending_paid")
    assert out.count("UPDATE") == 30
    assert "The probe has not seen everything" not in out


def test_a_plan_says_that_there_may_be_more_than_the_probe_keeps(plain, repair, tmp_path):
    for number in range(4):
        stuck(plain, f"N{number}")
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    config["shops"]["main"]["probes"] = {"pending_paid": {"keep": 2}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    _, out, _ = repair("pending_paid")
    assert out.count("UPDATE") == 2
    assert "The probe has not seen everything: there may be more cases" in out
