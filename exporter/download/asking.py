"""One export, fetched as people fetch it: answered at once, or made in the background."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urljoin

from exporter.database.deadline import Deadline
from exporter.download.endpoint import Endpoint, Task
from exporter.download.fetching import fetch, moved
from exporter.download.nouns import DownloadError, Hop, Request, Response
from exporter.download.recognising import refusal

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


class NoFileError(DownloadError):
    """Something was answered, and it is not the export."""


def asker(endpoint: Endpoint, deadline: Deadline, sink: Callable[[bytes], object] | None = None) -> Ask:
    """Each call is one export, whose file goes to `sink`. It raises a DownloadError that names the export."""

    def ask(request: Request) -> Answer:
        began = time.monotonic()
        try:
            answer = _answer(endpoint, request, _File(endpoint.max_bytes, deadline, sink))
        except DownloadError as error:
            raise type(error)(f"{endpoint.label}: {error}") from None
        return replace(answer, seconds=time.monotonic() - began)

    return ask


def _answer(endpoint: Endpoint, request: Request, wanted: _File) -> Answer:
    if endpoint.task:
        return _background(request, endpoint.task, wanted)
    file = wanted.fetched(request)
    return Answer(file, (*file.history, file))


@dataclass(frozen=True, slots=True)
class _File:
    cap: int
    deadline: Deadline
    sink: Callable[[bytes], object] | None

    def fetched(self, request: Request) -> Response:
        file = fetch(request, self.deadline, self.cap, self.sink)
        if why := refusal(file, bare=request.method == "HEAD"):
            raise NoFileError(why)
        return file


def _background(request: Request, task: Task, wanted: _File) -> Answer:
    submitted, said = _json(request, wanted.deadline)
    number = _found(said, task.id)
    if not isinstance(number, str | int) or not 0 < len(str(number)) <= _LONGEST_ID:
        raise NoFileError(f"its answer has no task at {task.id}; look at what it answers and correct task.id")
    said = _waited(request, task, str(number), wanted.deadline)
    place: Any = task.download.get_secret_value() if task.download else _found(said, task.file)
    if not isinstance(place, str):
        raise NoFileError(f"its last answer names no file at {task.file}; correct task.file")
    file = wanted.fetched(moved(request, _at(request.url, place, str(number) if task.download else "")))
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
            raise NoFileError("the shop says that the export has failed; look into its log")
        if state is None:
            raise NoFileError(f"the answer about its task has nothing at {task.state}; correct task.state")
        if deadline.left < task.pause:
            raise NoFileError(f"is not done within {deadline.total:.3g} s; raise its timeout, or see why it is slow")
        time.sleep(task.pause)


def _json(request: Request, deadline: Deadline) -> tuple[Response, Any]:
    text = io.BytesIO()
    answer = fetch(request, deadline, _JSON_BYTES, text.write)
    if why := refusal(answer, task=True):
        raise NoFileError(why)
    try:
        return answer, json.loads(text.getvalue())
    except (ValueError, RecursionError):
        raise NoFileError("its answer is not JSON, which a task needs; leave `task` out if it answers a file") from None


def _at(base: str, place: str, number: str) -> str:
    try:
        return urljoin(base, place.replace("{id}", quote(number, safe="")) if number else place)
    except ValueError:
        raise NoFileError("its last answer names a file at no address") from None


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
