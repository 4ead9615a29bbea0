"""What the model costs, and when that is enough; and the prices a deployment configures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import SettingsError
from shared.resilience.spend import Budget, audio_cost, budget, cost
from shared.settings import LIST_PRICES, ModelPrice, Settings, load_settings
from tests.integration.functions.conftest import ENVIRONMENT

MILLION = 1_000_000
TABLE = (
    ModelPrice(model="gpt-4.1", prompt=2_000_000, completion=8_000_000),
    ModelPrice(model="gpt-4.1-mini", prompt=400_000, completion=1_600_000),
    ModelPrice(model="free", prompt=0, completion=0),
)

COSTS = {
    "a million of each": ("gpt-4.1-mini", MILLION, MILLION, 2_000_000),
    "a usual turn": ("gpt-4.1-mini", 1_500, 120, 600 + 192),
    "a dated model": ("gpt-4.1-mini-2025-04-14", MILLION, 0, 400_000),
    "the longest name wins": ("gpt-4.1-2025-04-14", MILLION, 0, 2_000_000),
    "a part of a token's price is rounded up": ("gpt-4.1-mini", 1, 0, 1),
    "nothing": ("gpt-4.1-mini", 0, 0, 0),
    "free": ("free", MILLION, MILLION, 0),
    "a name that only begins alike is another model": ("gpt-4.10", MILLION, 0, 2_000_000),
    "unknown costs as much as the dearest": ("llama", MILLION, MILLION, 10_000_000),
}


@pytest.mark.parametrize(("model", "prompt", "completion", "expected"), COSTS.values(), ids=COSTS)
def test_what_a_call_costs(model: str, prompt: int, completion: int, expected: int) -> None:
    """In millionths, by the model's price per million tokens."""
    assert cost(TABLE, model, prompt_tokens=prompt, completion_tokens=completion) == expected


def test_a_price_for_any_model_is_used_for_what_is_not_listed() -> None:
    """The empty name is everybody's, and the worst of all fits."""
    table = (*TABLE, ModelPrice(model="", prompt=7_000_000, completion=0))
    assert cost(table, "llama", prompt_tokens=MILLION, completion_tokens=0) == 7_000_000
    assert cost(table, "gpt-4.1-mini", prompt_tokens=MILLION, completion_tokens=0) == 400_000


def test_without_any_price_nothing_costs() -> None:
    """An empty table is a decision too."""
    assert cost((), "gpt-4.1", prompt_tokens=MILLION, completion_tokens=MILLION) == 0


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_calls_never_cost_less_than_their_sum(first: int, second: int, completion: int) -> None:
    """Rounding up for each call may add, never take away."""

    def of(prompt: int) -> int:
        return cost(TABLE, "gpt-4.1-mini", prompt_tokens=prompt, completion_tokens=completion)

    assert of(first) + of(second) >= of(first + second)


@pytest.mark.parametrize("tokens", [(-1, 0), (0, -1)])
def test_tokens_cannot_be_negative(tokens: tuple[int, int]) -> None:
    """A server that says so is not believed."""
    with pytest.raises(ValueError, match="negative"):
        cost(TABLE, "gpt-4.1", prompt_tokens=tokens[0], completion_tokens=tokens[1])


@pytest.mark.parametrize(
    ("spent", "limit", "expected"),
    [
        (0, 100, Budget.OK),
        (79, 100, Budget.OK),
        (80, 100, Budget.WARN),
        (99, 100, Budget.WARN),
        (100, 100, Budget.STOP),
        (101, 100, Budget.STOP),
        (3, 4, Budget.OK),
        (2, 3, Budget.OK),
        (0, 0, Budget.STOP),
        (10**12, None, Budget.OK),
        (8 * 10**17, 10**18, Budget.WARN),
        (8 * 10**17 - 1, 10**18, Budget.OK),
    ],
)
def test_what_a_month_s_spend_means(spent: int, limit: int | None, expected: Budget) -> None:
    """Exactly at 80 % the owner is warned, exactly at the limit the model is not asked any more."""
    assert budget(spent=spent, limit=limit) is expected


@pytest.mark.parametrize(("spent", "limit"), [(-1, 10), (0, -1)])
def test_money_cannot_be_negative(spent: int, limit: int) -> None:
    """A sum that went wrong is said, not acted on."""
    with pytest.raises(ValueError, match="negative"):
        budget(spent=spent, limit=limit)


def configured(**variables: str) -> Settings:
    return load_settings({**ENVIRONMENT, **variables})


def test_the_list_prices_are_the_default() -> None:
    """The model that is the default has a price of its own, and the stand-in costs nothing."""
    settings = configured()
    assert settings.model_prices == LIST_PRICES
    assert cost(settings.model_prices, settings.openai_model, prompt_tokens=MILLION, completion_tokens=0) == 400_000
    assert cost(settings.model_prices, "stand-in", prompt_tokens=MILLION, completion_tokens=MILLION) == 0


@pytest.mark.parametrize(
    ("model", "seconds", "expected"),
    [
        ("whisper-1", 60, 6000),
        ("whisper-1", 0.001, 1),
        ("gpt-4o-mini-transcribe-2026", 60, 3000),
        ("gpt-4o-transcribe", 90, 9000),
        ("stand-in", 600, 0),
        ("nobody knows", 60, 6000),
        ("whisper-1", 0, 0),
    ],
)
def test_a_recording_costs_by_the_minute(model: str, seconds: float, expected: int) -> None:
    """Rounded up; of names that fit the longest, and the dearest price for a model without one."""
    assert audio_cost(configured().audio_prices, model, seconds=seconds) == expected


def test_a_recording_has_a_length() -> None:
    """Less than nothing is a mistake; without any price, listening costs nothing."""
    assert audio_cost((), "whisper-1", seconds=60) == 0
    with pytest.raises(ValueError, match="shorter than nothing"):
        audio_cost((), "whisper-1", seconds=-1)


def test_configured_audio_prices_stand_before_the_list() -> None:
    """As those of words do."""
    prices = configured(AUDIO_PRICES='{"whisper-1": 1, "": 2}').audio_prices
    found = [audio_cost(prices, model, seconds=60) for model in ("whisper-1", "another", "gpt-4o-transcribe")]
    assert found == [1, 2, 6000]


@pytest.mark.parametrize("raw", ["6000", "[]", '{"m": -1}', '{"m": 1.5}', '{"m": true}', '{"m": [1, 2]}', "{"])
def test_an_audio_price_that_cannot_be_is_refused(raw: str) -> None:
    """By the variable's name."""
    with pytest.raises(SettingsError, match="AUDIO_PRICES"):
        configured(AUDIO_PRICES=raw)


def test_the_currency_of_the_prices_is_the_lists_unless_said() -> None:
    """By its ISO 4217 code and nothing else."""
    assert (configured().price_currency, configured(PRICE_CURRENCY="BRL").price_currency) == ("USD", "BRL")
    with pytest.raises(SettingsError, match="PRICE_CURRENCY must be an ISO 4217 code"):
        configured(PRICE_CURRENCY="reais")


def test_configured_prices_stand_before_the_list() -> None:
    """One is replaced, one is added, the others stay."""
    prices = configured(MODEL_PRICES='{"gpt-4.1-mini": [1, 2], "llama": [3, 4]}').model_prices
    assert cost(prices, "gpt-4.1-mini", prompt_tokens=MILLION, completion_tokens=MILLION) == 3
    assert cost(prices, "llama-4", prompt_tokens=MILLION, completion_tokens=MILLION) == 7
    assert cost(prices, "gpt-4.1", prompt_tokens=MILLION, completion_tokens=0) == 2_000_000
    assert len(prices) == len(LIST_PRICES) + 1


@pytest.mark.parametrize(
    "raw",
    [
        "gpt-4.1",
        "[]",
        '{"m": 1}',
        '{"m": [1]}',
        '{"m": [1, 2, 3]}',
        '{"m": [-1, 2]}',
        '{"m": [1.5, 2]}',
        '{"m": [true, 2]}',
        '{"m": ["1", "2"]}',
        "[" * 100_000,
    ],
)
def test_prices_that_cannot_be_read_are_named(raw: str) -> None:
    """The deployment stops with the variable's name and what it must hold."""
    with pytest.raises(SettingsError, match="MODEL_PRICES must"):
        configured(MODEL_PRICES=raw)


@pytest.mark.parametrize("variable", ["MESSAGES_PER_MINUTE", "WEBHOOKS_PER_SECOND"])
@pytest.mark.parametrize("raw", ["0", "-1", "1.5", "many", "1000000", "9" * 5000, "²"])
def test_limits_that_cannot_be_read_are_named(variable: str, raw: str) -> None:
    """A limit of nothing would silence everybody: it is refused, like what is no number."""
    with pytest.raises(SettingsError, match=f"{variable} must be a whole number"):
        configured(**{variable: raw})


def test_the_largest_limits_are_taken() -> None:
    """Whole numbers up to six digits."""
    settings = configured(MESSAGES_PER_MINUTE="1", WEBHOOKS_PER_SECOND="999999")
    assert (settings.messages_per_minute, settings.webhooks_per_second) == (1, 999_999)
