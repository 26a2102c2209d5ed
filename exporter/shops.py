"""The open shops of a configuration; connections outlive a reload unless something about the shop has changed."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from exporter.config import Config, ShopSection
from exporter.model import Name
from exporter.shop import Memory, Shop
from exporter.watch import Round


class Shops:
    """By name; `memory` keeps what probes remember."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._open: dict[str, tuple[ShopSection, Shop]] = {}

    def rounds(self, config: Config) -> Mapping[Name, Round]:
        """What is to be watched; shops that are configured no more are closed."""
        for gone in set(self._open) - set(config.shops):
            _close(self._open.pop(gone)[1])
        return {
            each: Round(probe, self._shop(name, section, config), section.lane(each))
            for name, section in config.shops.items()
            for each, probe in section.parts(name).items()
        }

    def close(self) -> None:
        for _, shop in self._open.values():
            _close(shop)

    def _shop(self, name: str, section: ShopSection, config: Config) -> Shop:
        kept = self._open.get(name)
        if kept and kept[0].model_copy(update={"probes": section.probes}) == section:
            self._open[name] = (section, kept[1])
            return kept[1]
        shop = section.opened(name, config.zone, self._memory)
        if kept:
            _close(kept[1])
        self._open[name] = (section, shop)
        return shop


def _close(shop: Shop) -> None:
    """In a thread: it waits for the statement under way, and a reload or the end must not wait for a hung database."""
    threading.Thread(target=shop.close, name=f"close-{shop.name}", daemon=True).start()
