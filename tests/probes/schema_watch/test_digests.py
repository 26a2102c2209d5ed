"""Which UPDATEs take stock without asking, as MariaDB writes them into its digests."""

import pytest

from exporter.probes.schema_watch.findings.digests import takes_blindly


@pytest.mark.parametrize(
    ("text", "blind"),
    [
        ("UPDATE `inventory` SET `quantity` = `quantity` - ? WHERE `sku` = ? ", True),
        ("UPDATE `shop` . `inventory` SET `quantity` = `quantity` - ? , `at` = ? WHERE `sku` = ? ", True),
        ("UPDATE LOW_PRIORITY `inventory` SET `quantity` = `GREATEST` ( `quantity` - ?, ... ) WHERE `sku` = ? ", True),
        ("UPDATE `inventory` JOIN `o` SET `inventory` . `quantity` = `inventory` . `quantity` - ? WHERE `o` . `id` = ? ", True),
        ("UPDATE inventory SET QUANTITY = QUANTITY - ? WHERE `sku` = ? ", True),
        ("UPDATE `inventory` SET `quantity` = `quantity` - ? WHERE `sku` = ? AND `quantity` >= ? ", False),
        ("UPDATE `inventory` SET `quantity` = `quantity` - ? WHERE ? <= `quantity` ", False),
        ("UPDATE `inventory` SET `quantity` = `quantity` + ? WHERE `sku` = ? ", False),
        ("UPDATE `inventory` SET `reserved` = `reserved` - ? WHERE `sku` = ? ", False),
        ("UPDATE `inventory` SET `quantity` = ? , `x` = `y` - ? WHERE `id` = ? ", False),
        ("UPDATE `inventory_log` SET `quantity` = `quantity` - ? WHERE `sku` = ? ", False),
        ("UPDATE `inventory` SET `old_quantity` = `old_quantity` - ? WHERE `sku` = ? ", False),
        ("UPDATE `inventory` SET `quantity` = `quantity` - ? WHERE `sku` IN (...) AND `b` = ...", False),
        ("UPDATE `inventory` SET `quantity` = `quantity` - ? , `a` = ? , `b", False),
    ],
)  # fmt: skip
def test_a_decrement_without_the_quantity_in_its_where_is_blind(text, blind):
    assert takes_blindly(text, "inventory", "quantity") is blind
