"""Which field of a body is fat, found while the body streams by: no field is ever held."""

from exporter.queues.fields.kinds import form, kind
from exporter.queues.fields.scanner import Scanner, named

__all__ = ["Scanner", "form", "kind", "named"]
