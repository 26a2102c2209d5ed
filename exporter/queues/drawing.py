"""A few messages as they are, for judging what is in them: the one answer of a queue that holds payload."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from exporter.queues.nouns import KB, Mark, Message


@dataclass(frozen=True, slots=True)
class Draw:
    """What one sample may cost. `count`: messages; `largest`: bytes up to which a body is handed over, of a larger
    one only the size is known; `together`: bytes of all bodies. `first`: messages per partition, the newest, that are
    drawn from where there is no mark yet.
    """

    count: int = 20
    largest: int = 256 * KB
    together: int = 4 * KB * KB
    first: int = 200


@dataclass(frozen=True, slots=True)
class Body:
    """One message with its inflated body: to be judged in this process and let go. It is never written anywhere."""

    message: Message
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample of what came into a topic since the last mark, spread over all of it.

    `arrived`: how many came, or about how many (`estimated`); `bodies`: those that were drawn; `too_large`: those drawn
    that are larger than `largest`; `unread`: reason → how many were drawn and could not be read. `mark`: to be handed
    in next time; it is none of `Arrivals`.
    """

    mark: Mark
    arrived: int = 0
    bodies: tuple[Body, ...] = ()
    too_large: tuple[Message, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    estimated: bool = False


def spread(counts: Sequence[int], most: int) -> list[list[int]]:
    """Of several runs of so many messages, which are drawn: numbers from 0 within each, `most` in all.

    One stands at a random place of each of `most` equal stretches, so that none is crowded out by its neighbours.
    """
    total = sum(counts)
    drawn = min(most, total)
    edges = [total * each // drawn for each in range(drawn + 1)] if drawn else []
    places = [random.randrange(*stretch) for stretch in pairwise(edges)]  # noqa: S311 - a sample, no secret
    found: list[list[int]] = []
    before = 0
    for count in counts:
        found.append([each - before for each in places if before <= each < before + count])
        before += count
    return found
