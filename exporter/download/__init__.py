"""A file fetched as a person's browser would, bounded in time and size; its room knows nothing of shops."""

from exporter.database.deadline import Deadline
from exporter.download.asking import Answer, Ask, NoFileError, asker, with_parameter
from exporter.download.endpoint import Endpoint, Task, named
from exporter.download.fetching import fetch, moved
from exporter.download.nouns import DownloadError, Hop, Request, Response, TooLargeError, TooLateError
from exporter.download.pace import rests

__all__ = [
    "Answer",
    "Ask",
    "Deadline",
    "DownloadError",
    "Endpoint",
    "Hop",
    "NoFileError",
    "Request",
    "Response",
    "Task",
    "TooLargeError",
    "TooLateError",
    "asker",
    "fetch",
    "moved",
    "named",
    "rests",
    "with_parameter",
]
