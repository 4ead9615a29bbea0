"""Comparing what is stored with what should be."""

from typing import Any

import pytest

from infra.evaluation.views import differences

BOTH = [{"name": "Ana", "age": 3}, {"name": "Bia", "age": 4}]


@pytest.mark.parametrize(
    ("found", "expected", "problems"),
    [
        (BOTH, ({"name": "Bia"}, {"name": "Ana"}), 0),
        (BOTH, ({"name": "Ana"},), 1),
        (BOTH, ({"name": "Ana"}, {"name": "Ana"}), 1),
        (BOTH, ({"name": "Ana", "age": 4}, {"name": "Bia"}), 1),
        (BOTH, ({"nam": "Ana"}, {"name": "Bia"}), 1),
        ([], (), 0),
        (BOTH, (), 1),
    ],
)
def test_rows_must_be_those_expected_and_no_others(
    found: list[dict[str, Any]], expected: tuple[dict[str, Any], ...], problems: int
) -> None:
    """Order makes no difference, a row counts once, and only the named columns are compared."""
    assert len(differences("people", found, expected)) == problems
