from __future__ import annotations

from pathlib import Path

import pytest

from exporter.config import ConfigFaultError, load
from exporter.model import Name

GOOD = """\
shops:
  main:
    database: mysql+pymysql://order_health@10.0.0.5/shop
    password: !env SHOP_DB_PASSWORD
    tables: plain
    probes:
      pending_paid: {every: 15s, grace: 3m}
      negative_stock:
channels:
  ops: {kind: dingtalk, token: !env DINGTALK_TOKEN, secret: SEC000}
  duty: {kind: wecom, key: 693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa}
alerts:
  every: 5s
  routes:
    - {match: {severity: critical}, to: [ops, duty], mention: ["13800000000"]}
    - {to: [ops]}
web: {listen: 127.0.0.1:9847, external_url: http://order-health.example.com}
state: sqlite:///order-health.db
"""
ENV = {"SHOP_DB_PASSWORD": "c4nary-pw", "DINGTALK_TOKEN": "c4nary-token"}


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def faults(tmp_path, text, env=ENV):
    with pytest.raises(ConfigFaultError) as caught:
        load(write(tmp_path, text), env)
    return caught.value.faults


def test_the_configuration_of_the_contract_is_read(tmp_path):
    config = load(write(tmp_path, GOOD), ENV)
    shop = config.shops["main"]
    assert shop.probes["pending_paid"].every == 15
    assert shop.probes["negative_stock"].every == 30
    assert shop.address().password == "c4nary-pw"
    assert shop.lane(Name("main", "pending_paid")) == "10.0.0.5:/shop"
    assert config.state_url().database == str(tmp_path / "order-health.db")
    assert [route.to for route in config.alerts.routes] == [["ops", "duty"], ["ops"]]


def test_no_secret_stands_in_what_the_configuration_says_of_itself(tmp_path):
    text = GOOD.replace("order_health@", "order_health:c4nary-url@")
    config = load(write(tmp_path, text), ENV)
    for said in (repr(config), str(config), config.model_dump_json(), repr(config.channels)):
        assert "c4nary" not in said


def test_all_faults_of_a_file_are_told_at_once_each_with_its_line_and_a_remedy(tmp_path):
    text = (
        GOOD.replace("every: 15s", "evry: 15s")
        .replace("negative_stock:", "negativ_stock:")
        .replace("kind: wecom", "kind: wecon")
        .replace("to: [ops]}", "to: [opps]}")
        .replace("every: 5s", "every: soon")
        .replace("listen: 127", "lisen: 127")
    )
    told = faults(tmp_path, text)
    assert [line.split(": ", 1)[0] for line in told] == [f"config.yaml:{n}" for n in (7, 8, 11, 13, 17)]
    assert "shops.main.probes.pending_paid.evry" in told[0]
    assert "did you mean 'every'?" in told[0]
    assert "did you mean 'negative_stock'?" in told[1]
    assert "did you mean 'wecom'?" in told[2]
    assert "write for example 30s" in told[3]
    assert "did you mean 'listen'?" in told[4]


def test_every_database_of_the_shards_needs_its_address(tmp_path):
    shards = "tables: {preset: plain, orders: {database: 'db_{0..2}', table: 'orders_{00..15}'}}"
    databases = "databases: {db_0: mysql://a@h/zero, db_2: mysql://a@h/two}"
    (fault,) = faults(tmp_path, GOOD.replace("tables: plain", f"{databases}\n    {shards}"))
    assert fault.endswith("no database 'db_1'; add it to `databases:`")


def test_a_route_to_nowhere_is_named(tmp_path):
    assert faults(tmp_path, GOOD.replace("{to: [ops]}", "{to: [opps]}")) == [
        "config.yaml:16: alerts.routes[1].to: no channel 'opps'; did you mean 'ops'?"
    ]


def test_a_missing_variable_is_one_fault_and_not_two(tmp_path):
    told = faults(tmp_path, GOOD, {"SHOP_DB_PASSWORD": "x"})
    assert told == [
        "config.yaml:10: channels.ops.token: the environment has no DINGTALK_TOKEN; export it, or write the value here"
    ]


def test_a_key_that_stands_twice_is_a_fault(tmp_path):
    told = faults(tmp_path, GOOD + "web: {}\n")
    assert told == ["config.yaml:19: web: stands here a second time (first in line 17); keep one"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mysql+pymysql://order_health@10.0.0.5/shop", "10.0.0.5", "write for example mysql+pymysql://"),
        ("mysql+pymysql://", "oracle://", "use mysql+pymysql://, postgresql+psycopg:// or sqlite:///"),
        ("tables: plain", "tables: plian", "did you mean 'plain'?"),
        ("tables: plain", "tables: {preset: plain, orders: {table: 3}}", "tables.orders.table"),
        (
            "tables: plain",
            "tables: {preset: plain, orders: {status: {pending: pending}}}",
            "write for example [pending]",
        ),
        (
            "probes:\n      pending_paid: {every: 15s, grace: 3m}\n      negative_stock:",
            "probes: {}",
            "name at least one",
        ),
        ("state: sqlite", "zone: Mars/Olympus\nstate: sqlite", "no such time zone"),
        ("state: sqlite", "language: fr\nstate: sqlite", "'zh' or 'en'"),
        ("shops:\n  main:", "shops:\n  'ma in':", "shops.ma in"),
        ("every: 15s", "every: 0s", "probes.pending_paid.every"),
    ],
)
def test_a_wrong_value_says_what_to_write(tmp_path, old, new, said):
    assert old in GOOD
    told = faults(tmp_path, GOOD.replace(old, new, 1))
    assert len(told) == 1
    assert said in told[0]


@pytest.mark.parametrize("text", ["", "# nothing\n", "just text\n", "- a list\n"])
def test_a_file_without_settings_says_where_to_start(tmp_path, text):
    assert "start from config.example.yaml" in faults(tmp_path, text)[0]


def test_no_secret_stands_in_a_fault(tmp_path):
    text = GOOD.replace("password: !env SHOP_DB_PASSWORD", "password: [!env SHOP_DB_PASSWORD]").replace(
        "mysql+pymysql://order_health@", "mysqlx://order_health:c4nary-url@"
    )
    told = "\n".join(faults(tmp_path, text))
    assert "shops.main.password" in told
    assert "c4nary" not in told


def test_the_rules_that_come_along_are_used_where_the_folder_has_none(tmp_path):
    config = load(write(tmp_path, GOOD), ENV)
    assert config.rule_files()[0].endswith("rules/*.yml")
    assert not config.rule_files()[0].startswith(str(tmp_path))
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yml").write_text("groups: []", encoding="utf-8")
    assert config.rule_files() == [str(tmp_path / "rules" / "*.yml")]


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("shops:\n  main:", 'shops:\n  "a b\\nc":', r"2: shops.'a b\nc': this name becomes a label; write letters"),
        ("@10.0.0.5/", ":c4nary@10.0.0.5:3306:1/", "3: shops.main.database: is not a database URL; write for example"),
        ("@10.0.0.5/", ":c4n@ry@10.0.0.5/", "3: shops.main.database: has more than one @; write %40 in the password"),
        ("every: 5s", "every: 0s", "13: alerts.every: it should be greater than or equal to 0.1"),
        ("every: 15s", "every: .inf", "7: shops.main.probes.pending_paid.every: inf is not a duration; write for"),
        ("grace: 3m", "grace: -3", "7: shops.main.probes.pending_paid.grace: -3 is not a duration; write for example"),
        ("every: 15s", "every: 99999999d", "7: shops.main.probes.pending_paid.every: '99999999d' is not a duration"),
        ("http://order-health.example.com", "javascript:x", "17: web.external_url: is not an address of a web page"),
        ("http://order-health.example.com", "order-health:9847", "17: web.external_url: is not an address of a web"),
        ("listen: 127.0.0.1:9847", "listen: nowhere", "17: web.listen: is no listen address; write host:port"),
        (
            "key: 693",
            "per_minute: 0, key: 693",
            "11: channels.duty.per_minute: it should be greater than or equal to 2",
        ),
        ("key: 693axxx6", "endpoint: ftp://x, key: 6", "11: channels.duty.endpoint: it should match pattern"),
        ("state: sqlite:///", "state: canary://a:c4n@b/", "18: state: no driver for canary; write for example sqlite:"),
        ("state: sqlite:///", "state: mysql://a:c4n@ry@b/", "18: state: has more than one @"),
    ],
)
def test_a_value_that_could_not_work_is_refused_before_it_does_harm(tmp_path, written, instead, said):
    assert written in GOOD
    [line] = faults(tmp_path, GOOD.replace(written, instead, 1))
    assert line.removeprefix("config.yaml:").startswith(said)
    assert "c4n" not in line


def test_the_outside_is_told_by_labels_and_by_an_address_without_a_slash_at_its_end(tmp_path):
    text = GOOD.replace("order-health.example.com}", "order-health.example.com/oh/}")
    file = write(tmp_path, text.replace("  every: 5s", "  external_labels: {region: hz}"))
    external = load(file, ENV).external()
    assert (external.labels, external.url, external.path) == (
        {"region": "hz"},
        "http://order-health.example.com/oh",
        "/oh",
    )
    told = faults(tmp_path, text.replace("  every: 5s", "  external_labels: {a-b: hz, __x: y}"))
    assert len(told) == 2
    assert "alerts.external_labels.a-b: cannot be a label; write letters" in told[0]
