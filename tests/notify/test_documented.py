"""docs/channels.md names every setting and every errcode that the channels know."""

from pathlib import Path

import pytest

from exporter import notify
from exporter.notify import dingtalk, wecom

PAGE = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [310000, *dingtalk._VERDICTS, *wecom._VERDICTS])
def test_every_errcode_is_documented(code):
    assert str(code) in PAGE


@pytest.mark.parametrize(
    ("kind", "setting"), [(kind, name) for kind, channel in notify.known().items() for name in channel.model_fields]
)
def test_every_setting_is_documented(kind, setting):
    assert f"kind: {kind}" in PAGE
    assert setting == "kind" or f"`{setting}`" in PAGE
