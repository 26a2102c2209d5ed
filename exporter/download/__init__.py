"""A file fetched as a person's browser would, bounded in time and size; its room knows nothing of shops."""

from exporter.database.deadline import Deadline
from exporter.download.fetching import fetch, moved
from exporter.download.nouns import DownloadError, Hop, Request, Response, TooLargeError, TooLateError

__all__ = ["Deadline", "DownloadError", "Hop", "Request", "Response", "TooLargeError", "TooLateError", "fetch", "moved"]
