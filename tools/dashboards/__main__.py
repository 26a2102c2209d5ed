"""Writes `grafana/dashboards/<language>/<name>.json`, and takes away what is no dashboard any more."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from tools.dashboards import database, overview, queues, shop, sidecar
from tools.dashboards.board import text
from tools.dashboards.nouns import Language

FOLDER = Path(__file__).resolve().parent.parent.parent / "grafana" / "dashboards"
BOARDS = tuple(room.BOARD for room in (overview, shop, database, queues, sidecar))


def files() -> dict[str, str]:
    """Each file's text by its path below `FOLDER`."""
    return {
        f"{language}/{board.name}.json": text(board, language) for language in get_args(Language) for board in BOARDS
    }


def main() -> None:
    made = files()
    for old in FOLDER.rglob("*.json"):
        if str(old.relative_to(FOLDER)) not in made:
            old.unlink()
    for name, content in made.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
