"""What nobody names is not loaded: memory and start belong to the probes that are configured."""

import subprocess
import sys

from exporter import probes

ONE = """
import sys
from exporter import app, probes
assert "message_size" in probes.known()
probes.known()["pending_paid"]
print(*sorted(name for name in sys.modules if name.count(".") == 2 and name.startswith("exporter.probes.")))
"""


def test_a_probe_that_nobody_names_is_not_imported():
    told = subprocess.run([sys.executable, "-c", ONE], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.split() == ["exporter.probes.pending_paid"]


def test_each_probe_is_found_by_the_name_of_its_file():
    assert {name: each.__module__ for name, each in probes.known().items()} == {
        name: f"exporter.probes.{name}" for name in probes.known()
    }
    assert "no_such_probe" not in probes.known()
    assert probes.known().get("no_such_probe") is None
