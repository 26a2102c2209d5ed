"""`order-health schema infer` on a real Redis: the schema on one stream, what to know about it on the other."""

import json

import pytest

from exporter.__main__ import main
from exporter.probes.message_schema.judging import judged
from exporter.probes.message_schema.schema import Schema

pytestmark = pytest.mark.server

CONFIG = """
shops:
  main:
    database: sqlite:////nowhere/shop.db
    tables: plain
    queues: {{{queues}}}
    probes: {{message_schema: {{topics: {{orders: {{jobs: jobs.json}}}}}}}}
"""


@pytest.fixture
def run(tmp_path, capsys, redis):
    config = tmp_path / "config.yaml"

    def run(*words, queues=f"orders: 'redis://127.0.0.1:{redis.port}'"):
        config.write_text(CONFIG.format(queues=queues))
        status = main(["schema", "infer", "--config.file", str(config), *words])
        return (status, *capsys.readouterr())

    return run


def test_a_proposed_schema_can_be_used_as_it_is(run, redis, tmp_path, capsys):
    with redis.client() as client:
        for number in range(30):
            client.rpush("jobs", json.dumps({"no": f"O-{number}", "status": "paid", "phone": "13800138000"}))
        client.rpush("jobs", "{", "x" * 300_000)
    status, out, err = run("--topic", "jobs")
    assert status == 0
    (tmp_path / "jobs.json").write_text(out)  # which config.yaml named before it was there
    schema = Schema.read("jobs.json", tmp_path)
    assert judged(b'{"no": "O-31", "status": "paid", "phone": "1"}', schema) is None
    assert judged(b'{"no": "O-31", "status": "void", "phone": "1"}', schema).path == "$.status"
    assert "30 messages looked at, of the 32 latest of jobs" in err
    assert "1 left out: no sound JSON (json)" in err
    assert "1 left out: larger than 256 KB, the largest 300,000 bytes" in err
    assert "13800138000" not in out + err
    with redis.client() as client:
        client.delete("jobs")
        client.rpush("jobs", json.dumps({"no": "O-31", "status": "13800138000", "phone": "1"}))
    assert main(["probe", "message_schema", "--config.file", str(tmp_path / "config.yaml")]) == 0
    told, _ = capsys.readouterr()
    assert 'schema_failures_total{queue="orders",topic="jobs",path="$.status",keyword="enum",shop="main"} 1' in told
    assert "13800138000" not in told


def test_what_cannot_be_asked_says_why_and_proposes_nothing(run, redis):
    assert run("--topic", "nowhere")[0::2] == (
        2,
        "# queue orders: there is no stream or list nowhere: its name is wrong, or nobody has sent anything yet\n",
    )
    assert "did you mean 'orders'" in run("--topic", "jobs", "--queue", "order")[2]
    assert "no shop 'mian'; did you mean 'main'" in run("--topic", "jobs", "--shop", "mian")[2]
    several = "orders: 'redis://127.0.0.1:1', b: 'redis://127.0.0.1:2'"
    assert "write --queue with one of orders, b" in run("--topic", "jobs", queues=several)[2]
    with redis.client() as client:
        client.rpush("broken", "{")
    assert run("--topic", "broken")[:2] == (1, "")
