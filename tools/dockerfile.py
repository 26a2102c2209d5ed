"""Reads a Dockerfile as far as ours needs it; an instruction it does not know is a fault, never skipped."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = frozenset(
    ["FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "LABEL", "EXPOSE", "VOLUME", "HEALTHCHECK", "ENTRYPOINT", "CMD"]
)


@dataclass(frozen=True)
class Step:
    """One instruction: `word` in capitals, `rest` as written, `line` counted from 1."""

    word: str
    rest: str
    line: int


@dataclass
class Stage:
    """What stands between one FROM and the next."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def last(self, word: str) -> str | None:
        """The instruction of that word that counts; None when there is none."""
        return next((step.rest for step in reversed(self.steps) if step.word == word), None)

    def argv(self, word: str) -> list[str]:
        """The words of an ENTRYPOINT, CMD or HEALTHCHECK in its JSON form."""
        rest = self.last(word)
        if rest is None:
            raise ValueError(f"the stage {self.name or self.base} has no {word}")
        return list(json.loads(rest[rest.index("[") :]))


def read(path: Path) -> list[Stage]:
    """The stages in order; ValueError names the line of what is not understood."""
    stages: list[Stage] = []
    for step in _steps(path.read_text()):
        if step.word not in KNOWN:
            raise ValueError(f"{path.name}:{step.line}: {step.word} is not known to tools/dockerfile.py")
        if step.word == "FROM":
            base, _, name = step.rest.partition(" AS ")
            stages.append(Stage(base.strip(), name.strip()))
        else:
            stages[-1].steps.append(step)
    return stages


def assignments(rest: str) -> dict[str, str]:
    """`A=1 B="two words"` of an ENV or LABEL line."""
    return dict(word.split("=", 1) for word in shlex.split(rest))


def copied(rest: str) -> tuple[str | None, list[str], str]:
    """Stage, sources and target of a COPY line."""
    words = shlex.split(rest)
    flags = [word for word in words if word.startswith("--")]
    stage = next((flag.removeprefix("--from=") for flag in flags if flag.startswith("--from=")), None)
    if unknown := [flag for flag in flags if not flag.startswith("--from=")]:
        raise ValueError(f"COPY {unknown[0]} is not known to tools/dockerfile.py")
    *sources, target = [word for word in words if word not in flags]
    return stage, sources, target


def _steps(text: str) -> list[Step]:
    steps, held, began = [], "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        began = began if held else number
        held += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        word, _, rest = held.strip().partition(" ")
        steps.append(Step(word.upper(), re.sub(r"[ \t]{2,}", " ", rest.strip()), began))
        held = ""
    return steps
