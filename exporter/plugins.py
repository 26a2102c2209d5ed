"""One file a plug-in: the class that each module of a folder brings, by the module's name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def found(package: str, path: Iterable[str], base: type[T]) -> Mapping[str, type[T]]:
    """Name → class for every module below `path` that defines a concrete `base`; ImportError is the module's own."""
    classes = {}
    for module in pkgutil.iter_modules(path):
        room = importlib.import_module(f"{package}.{module.name}")
        for each in vars(room).values():
            if inspect.isclass(each) and issubclass(each, base) and each.__module__.startswith(room.__name__):
                classes[module.name] = each
    return classes
