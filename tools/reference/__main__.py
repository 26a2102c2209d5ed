"""`python -m tools.reference`, which is `make docs`."""

from __future__ import annotations

from pathlib import Path

from tools.reference import write

for changed in write(Path(__file__).parent.parent.parent):
    print(f"{changed} is up to date again")
