"""A digest's text, read for the tables it names and shown without what customers typed."""

import pytest

from exporter.probes.slow_queries.statement import Cost, Shape, passing, took


def shape(text):
    return Shape.of("0123456789abcdef0123", "shop", text)


@pytest.mark.parametrize(
    ("text", "table", "reads"),
    [
        ("SELECT `id` FROM `orders` WHERE `phone` LIKE ?", "orders", {"orders"}),
        ("SELECT * FROM `shop` . `orders` `o` JOIN `Users` `u` ON `o` . `uid` = `u` . `id`", "orders", {"orders", "users"}),
        ("SELECT * FROM `orders` `o` , `pay` . `pay_callback` WHERE ?", "orders", {"orders", "pay_callback"}),
        ("UPDATE `inventory` SET `quantity` = ? WHERE `sku` = ?", "inventory", {"inventory"}),
        ("DELETE FROM `orders` WHERE `created_at` < ?", "orders", {"orders"}),
        ("INSERT INTO `orders` ( `id` ) VALUES (?)", "orders", set()),
        ("INSERT INTO `archive` SELECT * FROM `orders`", "orders", {"orders"}),
        ("CALL `settle` (?)", "", set()),
        ("SELECT ( SELECT COUNT ( * ) FROM `orders` ) FROM `users`", "orders", {"orders", "users"}),
        ("COMMIT", "", set()),
    ],
)  # fmt: skip
def test_the_tables_that_it_names(text, table, reads):
    assert (shape(text).table, shape(text).reads) == (table, frozenset(reads))


def test_a_text_is_masked_and_short_and_its_digest_is_cut():
    made = shape("SELECT '13812345678' FROM `t13812345678` WHERE x = 'x" + "张三" * 999)
    assert "13812345678" not in repr(made)
    assert "张三" not in repr(made)
    assert made.digest == "0123456789abcdef"
    assert len(shape("SELECT " + "`a` , " * 999).text) <= 401


@pytest.mark.parametrize(
    "text",
    [
        "SET SESSION `time_zone` = ?", "SHOW GLOBAL STATUS", "EXPLAIN FORMAT = `TRADITIONAL` SELECT ID FROM `orders`",
        "SELECT ?", "SELECT @@`version`", "SELECT `VERSION` ( )", "SELECT * FROM `information_schema` . `columns`",
        "SELECT * FROM `performance_schema` . `threads`", "USE `shop`",
        "SELECT SQL_NO_CACHE * FROM `orders`", "SELECT /*!40001 SQL_NO_CACHE */ `id` FROM `orders`", "",
    ],
)  # fmt: skip
def test_what_is_about_the_session_or_the_server_is_no_work_on_the_shop(text):
    assert passing(text) == bool(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT `settle` (?)",
        "SELECT ID FROM `orders`",
        "UPDATE `settings` SET `show` = ?",
        "SELECT `setting` FROM `showcase`",
    ],
)
def test_everything_else_is(text):
    assert not passing(text)


def test_a_cost_that_fell_was_reset():
    assert Cost(5, 10).less(Cost(3, 4)) == Cost(2, 6)
    assert Cost(5, 10).less(Cost(3, 40)) is None
    assert Cost().average == 0


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0203, "20.3 ms"), (0.2, "200 ms"), (1.2345, "1.23 s"), (8.7, "8.7 s"), (125, "125 s")]
)
def test_a_time_as_people_say_it(seconds, said):
    assert took(seconds) == said
