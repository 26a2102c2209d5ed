from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.export_rows.numbers import Numbers, digest


@given(st.lists(st.integers(0, 40).map(str), max_size=80))
def test_it_is_a_set(numbers):
    known, marks = set(), Numbers()
    for number in numbers:
        assert marks.add(digest(number)) == (number not in known)
        known.add(number)
    assert len(marks) == len(known)
    assert all((str(each) in marks) == (str(each) in known) for each in range(41))


def test_it_grows():
    marks = Numbers()
    assert all(marks.add(digest(f"OH{each}")) for each in range(50_000))
    assert not any(marks.add(digest(f"OH{each}")) for each in range(50_000))
    assert len(marks) == 50_000
    assert "OH49999" in marks
    assert "OH50000" not in marks


def test_hashes_that_share_a_place_stay_apart():
    marks = Numbers()
    alike = [place << 20 | 7 for place in range(1, 300)]
    assert all(map(marks.add, alike))
    assert not any(map(marks.add, alike))
