"""One export, fetched as people fetch it: answered at once, or made in the background."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urljoin

from exporter.download import Deadline, DownloadError, Hop, Request, Response, fetch, moved
from exporter.probes.export_cache.recognising import refusal
from exporter.probes.export_cache.settings import Export, Task
from exporter.shop import ShopError

_JSON_BYTES = 256 * 1024
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """The file as it came; `hops` are all answers whose headers count, `task` names a background task.

    `seconds` are from the first question to the last byte.
    """

    file: Response
    hops: tuple[Hop, ...]
    task: str = ""
    seconds: float = 0.0


Ask = Callable[[Request], Answer]


class NoFile(ShopError):  # noqa: N818 - named for what happened, as every ShopError
    """Something was answered, and it is not the export."""


def asker(export: Export, deadline: Deadline) -> Ask:
    """Each call is one export. It raises a ShopError, NoFile among them; the text names the export and no address."""

    def ask(request: Request) -> Answer:
        began = time.monotonic()
        try:
            answer = _answer(export, request, deadline)
        except NoFile as error:
            raise NoFile(f"{export.label}: {error}") from None
        except DownloadError as error:
            raise ShopError(f"{export.label}: {error}") from None
        return replace(answer, seconds=time.monotonic() - began)

    return ask


def _answer(export: Export, request: Request, deadline: Deadline) -> Answer:
    if export.task:
        return _background(request, export.task, export.max_bytes, deadline)
    file = _file(request, export.max_bytes, deadline, bare=export.head_is_cheap)
    return Answer(file, (*file.history, file))


def _file(request: Request, cap: int, deadline: Deadline, *, bare: bool = False) -> Response:
    file = fetch(request, deadline, cap)
    if why := refusal(file, bare=bare):
        raise NoFile(why)
    return file


def _background(request: Request, task: Task, cap: int, deadline: Deadline) -> Answer:
    submitted, said = _json(request, deadline)
    number = _found(said, task.id)
    if not isinstance(number, str | int) or not 0 < len(str(number)) <= _LONGEST_ID:
        raise NoFile(f"its answer has no task at {task.id}; look at what it answers and correct task.id")
    said = _waited(request, task, str(number), deadline)
    place: Any = task.download.get_secret_value() if task.download else _found(said, task.file)
    if not isinstance(place, str):
        raise NoFile(f"its last answer names no file at {task.file}; correct task.file")
    file = _file(moved(request, _at(request.url, place, str(number) if task.download else "")), cap, deadline)
    return Answer(file, (*submitted.history, submitted, *file.history, file), str(number))


def _waited(request: Request, task: Task, number: str, deadline: Deadline) -> Any:
    """The last answer about the task, when it is done."""
    asked = moved(request, _at(request.url, task.poll.get_secret_value(), number))
    while True:
        said = _json(asked, deadline)[1]
        state = _found(said, task.state)
        if state in task.done:
            return said
        if state in task.failed:
            raise NoFile("the shop says that the export has failed; look into its log")
        if state is None:
            raise NoFile(f"the answer about its task has nothing at {task.state}; correct task.state")
        if deadline.left < task.pause:
            raise NoFile(f"is not done within {deadline.total:.3g} s; raise its timeout, or see why it is slow")
        time.sleep(task.pause)


def _json(request: Request, deadline: Deadline) -> tuple[Response, Any]:
    text = io.BytesIO()
    answer = fetch(request, deadline, _JSON_BYTES, text.write)
    if why := refusal(answer, task=True):
        raise NoFile(why)
    try:
        return answer, json.loads(text.getvalue())
    except (ValueError, RecursionError):
        raise NoFile("its answer is not JSON, which a task needs; leave `task` out if it answers a file") from None


def _at(base: str, place: str, number: str) -> str:
    try:
        return urljoin(base, place.replace("{id}", quote(number, safe="")) if number else place)
    except ValueError:
        raise NoFile("its last answer names a file at no address") from None


def _found(said: Any, place: str) -> Any:
    """What stands at `data.rows.0` of a JSON answer; None when nothing does."""
    for step in place.split("."):
        if isinstance(said, Mapping):
            said = said.get(step)
        elif isinstance(said, list) and step.isdigit() and int(step) < len(said):
            said = said[int(step)]
        else:
            return None
    return said


def with_parameter(request: Request, name: str, value: str) -> Request:
    """The same request with one more parameter, for comparison: most caches take it for another address."""
    return replace(request, url=f"{request.url}{'&' if '?' in request.url else '?'}{name}={value}")
