"""A pydantic model that tells every fault at once, and what a misspelt key was probably meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

Place = tuple[int | str, ...]
"""The way to a value from the top of what a person wrote: `("shops", "main", "tables")`."""


def nearest(word: str, known: Iterable[str], *, count: int = 1) -> list[str]:
    """The known names that look most like `word`, best first; empty when none is close."""
    import difflib  # noqa: PLC0415 - for what is misspelt only

    return difflib.get_close_matches(word, sorted(known), n=count, cutoff=0.55)


def unknown(word: object, known: Iterable[str], what: str = "the keys here") -> str:
    """What to say about a name that is not known."""
    names = sorted(known)
    guess = nearest(str(word), names)
    if guess:
        return f"did you mean {guess[0]!r}?"
    return f"{what} are {', '.join(names)}" if names else f"{what}: none"


def fault(loc: Place, kind: str, message: str, given: object = None) -> InitErrorDetails:
    """One line of a `ValidationError`; `loc` is relative to the value being validated."""
    return InitErrorDetails(type=PydanticCustomError(kind, _literal(message)), loc=loc, input=given)


def faults(title: str, found: list[InitErrorDetails]) -> ValidationError:
    """Raised inside a validator, its lines keep their places below the place of that validator."""
    return ValidationError.from_exception_data(title, found, hide_input=True)


def below(loc: Place, error: ValidationError) -> list[InitErrorDetails]:
    """The lines of a part's error, placed where the part stands; without the input, which may hold a secret."""
    return [
        fault((*loc, *each["loc"]), each["type"], _plain(each["type"], each["msg"]))
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    ]


class Strict(BaseModel):
    """Frozen, with no unknown keys; the faults of a value and its misspelt keys are told together."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True, defer_build=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _told_together(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, Mapping):
            return handler(given)
        known = {each.alias or name for name, each in cls.model_fields.items()}
        found = [
            fault((str(key),), "unknown_key", f"unknown key; {unknown(key, known)}")
            for key in given
            if key not in known
        ]
        try:
            model = handler({key: value for key, value in given.items() if key in known})
        except ValidationError as error:
            found += below((), error)
        if found:
            raise faults(cls.__name__, found)
        return model


def _plain(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing; it must be given"
    text = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return re.sub(r"^[A-Z]\w+ should", "it should", text)


def _literal(message: str) -> Any:
    """Pydantic asks for a literal template; without a context it is taken as it stands."""
    return message
