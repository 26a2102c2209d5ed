"""The shop schemas that come with order-health, and how a `config.yaml` differs from one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from exporter.strict import fault, faults, nearest

PRESETS = Path(__file__).resolve().parents[1] / "presets"


def presets() -> tuple[str, ...]:
    """The names of the shop schemas that come with order-health."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.yaml")))


@cache
def preset(name: str) -> dict[str, Any]:
    """A preset as it is written, its prefix not yet applied; KeyError when there is none of that name.

    Not to be changed: whoever asks gets the same.
    """
    if name not in presets():
        raise KeyError(name)
    written: dict[str, Any] = yaml.safe_load((PRESETS / f"{name}.yaml").read_text("utf-8"))
    return written


def expanded(given: Any) -> Any:
    """A preset's name, a preset with what differs, or a mapping written out → a mapping written out.

    `prefix` stands before the table names of the preset; names written beside `preset` are whole.
    """
    if isinstance(given, str):
        return _prefixed(_preset(given, ()))
    if not isinstance(given, dict) or "preset" not in given:
        return _prefixed(given) if isinstance(given, dict) else given
    differs = {key: value for key, value in given.items() if key not in {"preset", "prefix"}}
    base = _preset(given["preset"], ("preset",))
    return merged(_prefixed({**base, **({"prefix": given["prefix"]} if "prefix" in given else {})}), differs)


def _preset(name: object, loc: tuple[str, ...]) -> dict[str, Any]:
    try:
        return preset(str(name))
    except KeyError:
        guess = nearest(str(name), presets())
        hint = f"did you mean {guess[0]!r}? " if guess else ""
        text = f"{name!r} is not a preset; {hint}the presets are {', '.join(presets())}; or write your own mapping"
        raise faults("Mapping", [fault(loc, "unknown_preset", text, name)]) from None


def _prefixed(given: dict[str, Any]) -> dict[str, Any]:
    prefix = given.get("prefix") or ""
    if not isinstance(prefix, str):
        raise faults("Mapping", [fault(("prefix",), "prefix", f'{prefix!r} is not a text; write "sxo_"', prefix)])
    return {key: _with_prefix(prefix, value) for key, value in given.items() if key != "prefix"}


def _with_prefix(prefix: str, part: Any) -> Any:
    if isinstance(part, list):
        return [_with_prefix(prefix, each) for each in part]
    if not isinstance(part, dict):
        return part
    whole = {key: _with_prefix(prefix, value) if key == "link" else value for key, value in part.items()}
    return {**whole, "table": f"{prefix}{part['table']}"} if isinstance(part.get("table"), str) else whole


def merged(base: dict[str, Any], differs: dict[str, Any]) -> dict[str, Any]:
    """Mappings merge key by key, anything else replaces, null takes away."""
    result = dict(base)
    for key, value in differs.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict):
            result[key] = merged(base[key], value)
        else:
            result[key] = value
    return result
