"""What the model costs an organization, and when that is enough for a month.

Amounts are integers in millionths of a currency unit, whichever one the prices and the limit are in.
"""

import math
from collections.abc import Iterable
from enum import StrEnum

from shared.settings import AudioPrice, ModelPrice

_TOKENS_PER_PRICE = 1_000_000
_SECONDS_PER_MINUTE = 60
WARN_AT_PERCENT = 80


class Budget(StrEnum):
    """What a month's spend means for the next call."""

    OK = "ok"
    WARN = "warn"  #: 80 % of the limit are spent: tell the owner
    STOP = "stop"  #: all of it is spent: ask no model


def cost(prices: Iterable[ModelPrice], model: str, *, prompt_tokens: int, completion_tokens: int) -> int:
    """Return what a call of `model` cost, in millionths, rounded up.

    The price is the one of the longest name that `model` is or continues after a hyphen, as `gpt-4.1-mini-2025-04-14`
    continues `gpt-4.1-mini`; the empty name is any model's. A model without a price costs as much as the dearest, so
    that a forgotten price never lifts a limit. Raises `ValueError` for negative tokens.
    """
    if prompt_tokens < 0 or completion_tokens < 0:
        raise ValueError(f"tokens cannot be negative: {prompt_tokens} and {completion_tokens}")
    table = tuple(prices)
    fitting = [price for price in table if _fits(price.model, model)]
    if fitting:
        return _amount(max(fitting, key=lambda price: len(price.model)), prompt_tokens, completion_tokens)
    return max((_amount(price, prompt_tokens, completion_tokens) for price in table), default=0)


def audio_cost(prices: Iterable[AudioPrice], model: str, *, seconds: float) -> int:
    """Return what `model` cost to write down a recording, in millionths, rounded up; prices are found as in `cost`.

    Raises `ValueError` for negative seconds.
    """
    if seconds < 0:
        raise ValueError(f"a recording cannot be shorter than nothing: {seconds}")
    table = tuple(prices)
    fitting = [price for price in table if _fits(price.model, model)]
    minute = (
        max(fitting, key=lambda price: len(price.model)).minute
        if fitting
        else max((price.minute for price in table), default=0)
    )
    return math.ceil(minute * seconds / _SECONDS_PER_MINUTE)


def budget(*, spent: int, limit: int | None) -> Budget:
    """Say what `spent` of `limit`, both in millionths, means; without a limit there is always more.

    Raises `ValueError` for negative amounts.
    """
    if spent < 0 or (limit is not None and limit < 0):
        raise ValueError(f"neither spend nor limit can be negative: {spent} of {limit}")
    if limit is None:
        return Budget.OK
    if spent >= limit:
        return Budget.STOP
    return Budget.WARN if spent * 100 >= limit * WARN_AT_PERCENT else Budget.OK


def _fits(name: str, model: str) -> bool:
    return not name or model == name or model.startswith(f"{name}-")


def _amount(price: ModelPrice, prompt_tokens: int, completion_tokens: int) -> int:
    total = price.prompt * prompt_tokens + price.completion * completion_tokens
    return -(-total // _TOKENS_PER_PRICE)
