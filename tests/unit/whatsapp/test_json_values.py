"""Values from JSON of unknown shape."""

from datetime import UTC, datetime

import pytest

from shared.whatsapp.json_values import decimal_of, id_of, integer_of, members, moment_of, name_of, text_of


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1768911302, 1768911302),
        (1768911302.0, 1768911302),
        ("1768911302", 1768911302),
        ("-7", -7),
        ({"low": 48211, "high": 0, "unsigned": True}, 48211),
        # `senderTimestampMs` of a recorded reaction: JavaScript gives the lower half as a signed number.
        ({"low": -615223952, "high": 411, "unsigned": False}, 411 * 2**32 + 2**32 - 615223952),
        ({"low": -1, "high": -1}, -1),
        (True, None),
        (1.5, None),
        (float("nan"), None),
        (float("inf"), None),
        ("1e9", None),
        ("9" * 5_000, None),
        (2**63, None),
        ({"low": 1}, None),
        ({"low": True, "high": 0}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_whole_number_is_read_from_any_of_its_wire_shapes(value: object, expected: int | None) -> None:
    """Number, string and split 64-bit integer are one value; what is none or too large is nothing."""
    assert integer_of(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1768911302, datetime(2026, 1, 20, 12, 15, 2, tzinfo=UTC)),
        (0, None),
        (-5, None),
        (1768911302000, None),  # milliseconds
        ("2026-01-20T09:15:02.113Z", None),
    ],
)
def test_a_moment_is_unix_seconds_in_utc(value: object, expected: datetime | None) -> None:
    """A time in another unit is refused rather than misread."""
    assert moment_of(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Oi\n tudo bem? ", "  Oi\n tudo bem? "),
        ("a\0b", "ab"),
        ("\0", None),
        ("meio \ud83d par", "meio ? par"),
        (" \n\t ", None),
        ("", None),
        (7, None),
        ("x" * 70_000, "x" * 65_536),
    ],
)
def test_text_is_kept_as_written_but_storable(value: object, expected: str | None) -> None:
    """PostgreSQL refuses NUL and UTF-8 refuses half a surrogate pair; a blank text says nothing."""
    assert text_of(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Ana\n\tMaria ", "Ana Maria"),
        ("Ana\u202eairaM\x07", "AnaairaM"),
        ("👩\u200d👧 Bia", "👩\u200d👧 Bia"),
        ("a" * 500, "a" * 120),
        ("\u200b", None),
        (None, None),
    ],
)
def test_a_name_is_one_short_line(value: object, expected: str | None) -> None:
    """A name chosen by a stranger cannot bring lines, controls or reversed text into a prompt or a page."""
    assert name_of(value) == expected


def test_an_id_is_short_visible_ascii() -> None:
    """Ids go into keys and headers."""
    assert id_of("3EB0C431C26A1916E07A01") == "3EB0C431C26A1916E07A01"
    assert [id_of(value) for value in ("", "a b", "é", "x" * 256, 5, "a\n")] == [None] * 6


def test_other_shapes_are_nothing() -> None:
    """Asking a list for members, or a string for a number, gives nothing instead of an error."""
    assert members([1]) == {}
    assert members({"a": 1}) == {"a": 1}
    assert [decimal_of(value) for value in (1, -23.5, "1", True, float("nan"), 10**400)] == [
        1.0,
        -23.5,
        None,
        None,
        None,
        None,
    ]
