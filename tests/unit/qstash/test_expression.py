"""The arithmetic of retry delays, and that it is nothing more."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.expression import ExpressionError, check_expression, evaluate


@pytest.mark.parametrize(
    ("text", "retried", "milliseconds"),
    [
        ("1000", 0, 1000),
        ("1000 * (1 + retried)", 2, 3000),
        ("pow(2, retried)", 10, 1024),
        ("max(10, pow(2, retried))", 1, 10),
        ("min(retried, 5, 3)", 9, 3),
        ("sqrt(16) + abs(-4)", 0, 8),
        ("floor(2.7) + ceil(2.1) + round(2.4)", 0, 7),
        ("exp(0)", 0, 1),
        ("-retried + 10", 4, 6),
        ("10 / 4", 0, 2.5),
        ("7 % 4", 0, 3),
        ("  5  ", 0, 5),
    ],
)
def test_documented_expressions_have_their_values(text: str, retried: int, milliseconds: float) -> None:
    """Every documented function and operator works, with `retried` counted from 0."""
    assert evaluate(text, retried=retried) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "retries",
        "__import__('os')",
        "().__class__",
        "'a' * 10",
        "[1][0]",
        "lambda: 1",
        "1 if retried else 2",
        "retried == 0",
        "True",
        "2 ** 3",
        "pow(2)",
        "pow(2, 3, 5)",
        "min(1)",
        "max(*[1, 2])",
        "round(1, ndigits=1)",
        "retried.real",
        "1; 2",
        "1j",
        "1 / 0",
        "sqrt(-1)",
        "pow(9, 99999)",
        "exp(9999)",
        "1e999",
        "1" * 501,
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    """What is not arithmetic with a finite value is an error that names the header."""
    with pytest.raises(InvalidRequestError, match="Upstash-Retry-Delay"):
        check_expression(text, "Upstash-Retry-Delay")


@given(st.text(alphabet="retid0123456789.+-*/%(), powmaxsqrt", max_size=40), st.integers(0, 50))
def test_no_text_breaks_the_evaluator(text: str, retried: int) -> None:
    """Whatever comes in, the answer is a finite number or the one error."""
    try:
        value = evaluate(text, retried=retried)
    except ExpressionError:
        return
    assert not math.isnan(value)
    assert abs(value) != float("inf")


def test_deep_nesting_is_refused() -> None:
    """A tree too deep to walk is an error and no crash."""
    with pytest.raises(ExpressionError):
        evaluate("(" * 240 + "1" + ")" * 240, retried=0)
