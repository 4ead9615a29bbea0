"""Judging what people heard."""

from typing import Literal

import pytest

from infra.evaluation.hearing import problems_of
from infra.evaluation.scenario import Expected


@pytest.mark.parametrize(
    ("texts", "expected", "fine"),
    [
        (["Olá,  ANA!"], Expected(has=(("ola, ana",),)), True),
        (["Olá"], Expected(has=(("oi", "olá"),)), True),
        (["Olá"], Expected(has=(("oi",), ("olá",))), False),
        (["Custa R$ 0,00"], Expected(has_not=("r$ 0",)), False),
        (["um", "dois"], Expected(has=(("um",), ("dois",))), True),
        ([], Expected(), False),
        ([], "none", True),
        (["Oi"], "none", False),
        (["Oi"], None, True),
        ([], None, True),
    ],
)
def test_what_was_heard_is_judged(texts: list[str], expected: Expected | Literal["none"] | None, fine: bool) -> None:
    """Every text that must be there is, in one of its forms; none that must not be; and silence is silence."""
    assert (list(problems_of("reply", texts, expected)) == []) is fine
