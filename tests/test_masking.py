"""What customers say stands in literals; none of it may be seen in a statement that is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter import masking

PERSONAL = [
    "13812345678", "138 1234 5678", "138-1234-5678", "11010519491231002X", "6222021234567890123", "6222 0212 3456 7890",
    "zhang.san@example.com", "oLVPpjqs9BhvzwPj5A-vTYAX3GLc", "0xDEADBEEF", "123456",
]  # fmt: skip


@pytest.mark.parametrize("value", PERSONAL)
@pytest.mark.parametrize(
    "form", ["{}", "'{}'", '"{}"', "`{}`", "/* {} */", "-- {}", "# {}", "$${}$$", "'{}", "'it''s {}'"]
)
def test_nothing_personal_is_left_wherever_it_stands(value, form):
    assert value not in masking.statement(f"SELECT * FROM orders WHERE a = {form.format(value)}")


@pytest.mark.parametrize(
    "form", ["'{}'", '"{}"', "'a\\'{}'", "'\\' || '{}'", "/* {} */", "'{}", '"{}', "$x${}$x$", "/* {}"]
)
def test_a_name_in_a_literal_is_left_nowhere(form):
    assert "张三" not in masking.statement(f"SELECT id FROM orders WHERE name = {form.format('张三')} AND a = 1")


def test_the_shape_of_a_statement_is_kept():
    said = "SELECT `id`,\n\t`no` FROM `orders` WHERE `phone` LIKE '%138%' AND a IN (1, 22) LIMIT 20"
    assert masking.statement(said) == "SELECT `id`, `no` FROM `orders` WHERE `phone` LIKE '?' AND a IN (1, 22) LIMIT 20"


PLAIN = st.text("abc =(),.*<>\n%_", max_size=8)


@given(
    st.lists(
        st.tuples(
            PLAIN, st.sampled_from(["'{}'", '"{}"', "`{}`", " {} ", "/*{}*/", "'{}''{}'"]), st.sampled_from(PERSONAL)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_however_it_is_mixed(parts):
    text = " ".join(plain + form.format(value, value) for plain, form, value in parts)
    seen = masking.statement(text)
    assert not [value for value in PERSONAL if value in seen]


@given(st.text("'\"`\\$/*#- 张\n", max_size=30))
def test_no_text_however_broken_is_too_much_for_it(text):
    masking.statement(text)
