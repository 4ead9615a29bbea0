"""The arithmetic of `Upstash-Retry-Delay`, evaluated over its syntax tree and never as code.

Numbers, `retried`, `+ - * / %`, parentheses and the documented functions; anything else is refused.
"""

import ast
import functools
import math
import operator
from collections.abc import Callable

from infra.local.qstash.errors import InvalidRequestError

_MAX_LENGTH = 500

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: math.fmod,
}
_UNARY: dict[type[ast.unaryop], Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
#: Name to the function and how many arguments it takes; None is two or more.
_FUNCTIONS: dict[str, tuple[Callable[..., float], int | None]] = {
    "pow": (math.pow, 2),
    "sqrt": (math.sqrt, 1),
    "abs": (abs, 1),
    "exp": (math.exp, 1),
    "floor": (math.floor, 1),
    "ceil": (math.ceil, 1),
    "round": (round, 1),
    "min": (min, None),
    "max": (max, None),
}


class ExpressionError(ValueError):
    """The expression is not one, or has no finite value."""


@functools.lru_cache(maxsize=256)
def _parse(text: str) -> ast.expr:
    if len(text) > _MAX_LENGTH:
        raise ExpressionError(f"longer than {_MAX_LENGTH} characters")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError("not an arithmetic expression") from error


def evaluate(text: str, *, retried: int) -> float:
    """Return the milliseconds that `text` gives before retry number `retried`, counted from 0.

    Raises `ExpressionError`.
    """
    try:
        value = _value(_parse(text), float(retried))
    except (ArithmeticError, ValueError) as error:
        raise ExpressionError(str(error)) from error
    if not math.isfinite(value):
        raise ExpressionError("the value is not finite")
    return value


def check_expression(text: str, field: str) -> str:
    """Return `text` stripped if it can be evaluated for the first retry; `field` names its source in the error.

    Raises `InvalidRequestError`.
    """
    try:
        evaluate(text, retried=0)
    except ExpressionError as error:
        raise InvalidRequestError(f"invalid expression in {field}: {text!r}: {error}") from error
    return text.strip()


def _value(node: ast.expr, retried: float) -> float:
    match node:
        case ast.Constant(value=bool()):
            raise ExpressionError("only numbers are allowed")
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id="retried"):
            return retried
        case ast.Name(id=name):
            raise ExpressionError(f"unknown name {name!r}")
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            return _UNARY[type(sign)](_value(operand, retried))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _BINARY[type(sign)](_value(left, retried), _value(right, retried))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, [_value(argument, retried) for argument in arguments])
    raise ExpressionError(f"{ast.unparse(node)!r} is not allowed")


def _call(name: str, arguments: list[float]) -> float:
    if name not in _FUNCTIONS:
        raise ExpressionError(f"unknown function {name!r}")
    function, expected = _FUNCTIONS[name]
    if len(arguments) != expected if expected is not None else len(arguments) < 2:
        raise ExpressionError(f"{name} takes {expected or 'two or more'} arguments, not {len(arguments)}")
    return float(function(*arguments))
