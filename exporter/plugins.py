"""One file a plug-in: the class that each module of a folder brings, by the module's name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


def found(package: str, path: Iterable[str], base: type[T]) -> Mapping[str, type[T]]:
    """Name → class for every module below `path` that defines a concrete `base`; ImportError is the module's own."""
    named = {module.name: _class(f"{package}.{module.name}", base) for module in pkgutil.iter_modules(path)}
    return {name: each for name, each in named.items() if each}


class Shelf(Mapping[str, type[T]], Generic[T]):
    """The same for a folder in which every module defines one, each imported when it is first asked for."""

    def __init__(self, package: str, path: Iterable[str], base: type[T]) -> None:
        self._package, self._base = package, base
        self._names = frozenset(module.name for module in pkgutil.iter_modules(path))
        self._taken: dict[str, type[T]] = {}

    def __getitem__(self, name: str) -> type[T]:
        if name not in self._taken:
            if name not in self._names:
                raise KeyError(name)
            if not (each := _class(f"{self._package}.{name}", self._base)):
                raise ImportError(f"{self._package}.{name} defines no {self._base.__name__}")
            self._taken[name] = each
        return self._taken[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)


def _class(module: str, base: type[T]) -> type[T] | None:
    room = importlib.import_module(module)
    own = [each for each in vars(room).values() if inspect.isclass(each) and each.__module__.startswith(room.__name__)]
    return next((each for each in reversed(own) if issubclass(each, base)), None)
