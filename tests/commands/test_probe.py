from __future__ import annotations

from exporter.commands.probe import described
from exporter.model import Case


def test_what_the_shop_wrote_is_read_as_it_stands_and_cannot_move_the_terminal():
    assert described(Case("红色-XL", note="-1")) == "'红色-XL'  -1"
    assert described(Case("a\n\x1b[2J\u202eb")) == r"'a\n\x1b[2J\u202eb'"
