"""The peers, installed on demand into .peers/ at pinned versions, and their configurations."""

import subprocess
from pathlib import Path

import yaml
from harness import ROOT, Database, Server, UnavailableError, command, free_port

QUERY_EXPORTER = "query-exporter==5.0.2"
"""The newest that runs on Python 3.11."""
SQL_EXPORTER = "sql_exporter (Go)"


def query_exporter(
    folder: Path, database: Database, queries: dict[str, tuple[list[str], str]], every: float = 1
) -> tuple[Server, str]:
    """Starts query-exporter with these queries (metric → labels, statement in `bench`); the process and its address."""
    home = ROOT / ".peers" / "query-exporter"
    if not (home / "bin" / "query-exporter").exists():
        made = subprocess.run([ROOT / "tools" / "venv.sh", home], capture_output=True, text=True, check=False)
        pip = [home / "bin" / "pip", "install", "--quiet", QUERY_EXPORTER, "pymysql"]
        made = subprocess.run(pip, capture_output=True, text=True, check=False) if not made.returncode else made
        if made.returncode:
            raise UnavailableError(f"{QUERY_EXPORTER} cannot be installed: {made.stderr[-300:]}")
    config = {
        "databases": {"shop": {"dsn": database.url("shop")}},
        "metrics": {name: {"type": "gauge", "labels": labels} for name, (labels, _) in queries.items()},
        "queries": {
            name: {"interval": every, "databases": ["shop"], "metrics": [name], "sql": sql}
            for name, (_, sql) in queries.items()
        },
    }
    path, port = folder / "query-exporter.yaml", free_port()
    path.write_text(yaml.safe_dump(config))
    argv = [home / "bin" / "query-exporter", "--config", path, "--host", "127.0.0.1", "--port", str(port)]
    return Server([*argv, "--log-level", "error"], folder), f"http://127.0.0.1:{port}"


def sql_exporter(
    folder: Path, database: Database, queries: dict[str, tuple[list[str], str]], every: float = 1
) -> tuple[Server, str]:
    """The same for the Go sql_exporter as Debian ships it; its metrics are called sql_<name>."""
    program = command("prometheus-sql-exporter", "sql_exporter")
    jobs = {
        "name": "shop",
        "interval": f"{every:g}s",
        "connections": [f"mysql://bench:bench@tcp(127.0.0.1:{database.port})/shop"],
        "queries": [
            {"name": name, "help": name, "labels": labels, "values": [name], "query": sql}
            for name, (labels, sql) in queries.items()
        ],
    }
    path, port = folder / "sql-exporter.yaml", free_port()
    path.write_text(yaml.safe_dump({"jobs": [jobs]}))
    argv = [program, "-config.file", path, "-web.listen-address", f"127.0.0.1:{port}"]
    return Server(argv, folder), f"http://127.0.0.1:{port}"
