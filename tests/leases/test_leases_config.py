"""`leases:` in config.yaml: what it needs, and what to write instead."""

from __future__ import annotations

import pytest

from exporter.config import ConfigFaultError, load

CONFIG = """\
shops: {main: {database: 'sqlite:///shop.db', tables: plain, probes: {pending_paid: {}}}}
web: {listen: "10.0.0.1:9847"}
state: mysql+pymysql://order_health@10.0.0.5/order_health
leases: redis://10.0.0.9:6379/0
"""
URL = "redis://10.0.0.9:6379/0"


def read(folder, text):
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file, {})


def test_a_bare_url_is_a_lease_of_ten_seconds(tmp_path):
    config = read(tmp_path, CONFIG)
    assert config.leases
    assert config.leases.length == 10
    assert config.leases.address.hosts == (("10.0.0.9", 6379),)


def test_it_has_what_a_redis_of_a_shop_has(tmp_path):
    text = CONFIG.replace(URL, "{url: rediss+sentinel://10.0.0.7/mymaster, password: c4nary, length: 4s}")
    leases = read(tmp_path, text).leases
    assert leases
    assert (leases.length, leases.master, leases.tls) == (4, "mymaster", True)
    assert "c4nary" not in repr(leases)


def test_alerts_have_the_same_instance_whoever_leads(tmp_path):
    assert read(tmp_path, CONFIG).target()["instance"] == "order-health"
    assert read(tmp_path, CONFIG + "alerts: {instance: prod}\n").target()["instance"] == "prod"
    alone = CONFIG.replace(f"leases: {URL}\n", "")
    assert read(tmp_path, alone).target()["instance"] == "10.0.0.1:9847"


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        (
            "mysql+pymysql://order_health@10.0.0.5/order_health",
            "sqlite:///c4nary.db",
            "3: state: several sidecars need a state that all of them reach; write for example state: mysql+pymysql://",
        ),
        (
            "state: mysql+pymysql://order_health@10.0.0.5/order_health\n",
            "",
            "1: state: several sidecars need a state that all of them reach",
        ),
        (URL, "c4nary", "4: leases: is not the address of a Redis; write for example redis://10.0.0.9:6379/0"),
        (URL, "http://c4nary", "4: leases: is not the address of a Redis"),
        (URL, "{url: kafka://c4nary}", "4: leases.url: is not the address of a Redis"),
        (URL, "redis://a:c4nary@@x", "4: leases: is not the address of a Redis"),
        (URL, "redis://10.0.0.7,10.0.0.8", "4: leases.url: names several hosts; write redis+cluster://…"),
        (URL, f"{{url: '{URL}', length: 1s}}", "4: leases.length: it should be greater than or equal to 2"),
        (URL, f"{{url: '{URL}', length: 1m}}", "4: leases.length: it should be less than or equal to 15"),
        (URL, f"{{url: '{URL}', lenght: 5s}}", "4: leases.lenght: unknown key; did you mean 'length'?"),
        (URL, "{length: 5s}", "4: leases.url: "),
        (URL, "[1]", "4: leases: "),
    ],
)
def test_what_cannot_work_says_what_to_write(tmp_path, written, instead, said):
    assert written in CONFIG
    with pytest.raises(ConfigFaultError) as caught:
        read(tmp_path, CONFIG.replace(written, instead))
    [line] = caught.value.faults
    assert line.removeprefix("config.yaml:").startswith(said)
    assert "c4n" not in line
