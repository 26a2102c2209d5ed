"""What brokers write as JSON: standard JSON, or fastjson's own with names unquoted and with objects for keys."""

from __future__ import annotations

import json
import re
from typing import Any

from exporter.queues.errors import Garbled

_QUEUE = re.compile(r'\{"brokerName":"([^"\\]*)","queueId":(\d+),"topic":"([^"\\]*)"\}:\{([^{}]*)\}')
_FIGURE = re.compile(r'"(\w+)":(-?\d+)')
_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"[^\s\"{}\[\],:]+")
_WORDS = {"true": True, "false": False, "null": None}

_STRING = json.JSONDecoder(strict=False)

_DEEPEST = 50


def parsed(body: bytes) -> Any:
    """The value; an object that is a key becomes a tuple of its (name, value). Raises Garbled."""
    try:
        text = body.decode()
        try:
            return json.loads(text)
        except ValueError:
            value, end = _value(text, 0, 0)
    except (ValueError, IndexError, RecursionError):
        raise Garbled("the answer is neither JSON nor fastjson's kind of it") from None
    if text[end:].strip():
        raise Garbled("the answer goes on after its end")
    return value


def by_queue(body: bytes) -> dict[int, dict[str, int]]:
    """`offsetTable` of an answer about one topic on one broker: queue id → its figures. Raises Garbled."""
    text = body.decode(errors="replace")
    found = {int(queue): _figures(figures) for _, queue, _, figures in _QUEUE.findall(text)}
    if len(found) == text.count('"queueId"') == text.count("queueId"):
        return found
    try:
        table = (parsed(body).get("offsetTable") or {}).items()
        return {int(dict(_key(key))["queueId"]): {name: int(n) for name, n in each.items()} for key, each in table}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Garbled("the figures of the queues cannot be read") from None


def _figures(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in _FIGURE.findall(text)}


def _key(key: Any) -> Any:
    """fastjson2 may write the object that is a key as a text."""
    return parsed(key.encode()) if isinstance(key, str) else key


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise ValueError
    at = _space(text, at)
    if text[at] == '"':
        return _STRING.raw_decode(text, at)
    if text[at] == "{":
        return _object(text, at + 1, depth)
    if text[at] == "[":
        return _array(text, at + 1, depth)
    if not (found := _BARE.match(text, at)):
        raise ValueError
    word = found[0]
    return (_WORDS[word] if word in _WORDS else _number(word)), found.end()


def _object(text: str, at: int, depth: int) -> tuple[dict[Any, Any], int]:
    made: dict[Any, Any] = {}
    while text[at := _space(text, at)] != "}":
        key, at = _value(text, at, depth + 1)
        at = _space(text, at)
        if text[at] != ":":
            raise ValueError
        value, at = _value(text, at + 1, depth + 1)
        made[tuple(sorted(key.items())) if isinstance(key, dict) else key] = value
        at = _next(text, at, "}")
    return made, at + 1


def _array(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    made = []
    while text[at := _space(text, at)] != "]":
        value, at = _value(text, at, depth + 1)
        made.append(value)
        at = _next(text, at, "]")
    return made, at + 1


def _next(text: str, at: int, end: str) -> int:
    at = _space(text, at)
    if text[at] == ",":
        return at + 1
    if text[at] != end:
        raise ValueError
    return at


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _number(word: str) -> Any:
    """A name that is not quoted stays a text."""
    try:
        return int(word)
    except ValueError:
        return word
