"""The environment, read once: the only reader of `os.environ`."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from shared.deployment import Deployment
from shared.errors import SettingsError


def _secret() -> Any:
    """A field that never shows in a representation."""
    return field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ModelPrice:
    """What a million tokens cost, in millionths of a currency unit."""

    model: str  #: how the model's name begins; "" is any model's
    prompt: int
    completion: int


@dataclass(frozen=True, kw_only=True)
class AudioPrice:
    """What a minute of a recording costs to transcribe, in millionths of a currency unit."""

    model: str  #: how the model's name begins; "" is any model's
    minute: int


#: OpenAI's list prices in US dollars, as published on its pricing page; the embedded stack's stand-in costs nothing.
LIST_PRICES = (
    ModelPrice(model="gpt-4.1", prompt=2_000_000, completion=8_000_000),
    ModelPrice(model="gpt-4.1-mini", prompt=400_000, completion=1_600_000),
    ModelPrice(model="gpt-4.1-nano", prompt=100_000, completion=400_000),
    ModelPrice(model="gpt-4o", prompt=2_500_000, completion=10_000_000),
    ModelPrice(model="gpt-4o-mini", prompt=150_000, completion=600_000),
    ModelPrice(model="gpt-5", prompt=1_250_000, completion=10_000_000),
    ModelPrice(model="gpt-5-mini", prompt=250_000, completion=2_000_000),
    ModelPrice(model="gpt-5-nano", prompt=50_000, completion=400_000),
    ModelPrice(model="stand-in", prompt=0, completion=0),
)

#: The same for transcriptions.
AUDIO_LIST_PRICES = (
    AudioPrice(model="whisper-1", minute=6_000),
    AudioPrice(model="gpt-4o-transcribe", minute=6_000),
    AudioPrice(model="gpt-4o-mini-transcribe", minute=3_000),
    AudioPrice(model="stand-in", minute=0),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a deployment configures. Every field is the environment variable of the same name in capitals."""

    public_url: str  #: where QStash and the gateways reach the functions; no trailing slash
    deployment_name: str = "aurora"  #: how the ids of its schedules begin: no two in one QStash account have the same
    webhook_secret: str = _secret()  #: root of every instance's webhook secret
    privacy_key: str = field(default="", repr=False)  #: of erased people's phone hashes; "": made from the secret
    qstash_url: str  #: "" (QSTASH_URL=none): no queue, jobs run inside the requests that ask for them
    qstash_token: str = _secret()
    qstash_current_signing_key: str = _secret()
    qstash_next_signing_key: str = _secret()
    upstash_redis_rest_url: str
    upstash_redis_rest_token: str = _secret()
    supabase_url: str
    supabase_secret_key: str = _secret()
    evolution_url: str
    evolution_api_key: str = _secret()
    openai_base_url: str = "https://api.openai.com/v1"
    openai_api_key: str = _secret()
    openai_model: str = "gpt-4.1-mini"
    openai_transcription_model: str = "whisper-1"  #: "" (OPENAI_TRANSCRIPTION_MODEL=none): voice is not understood
    openai_vision: bool = True  #: whether the model is shown pictures
    quiet_window_seconds: float = 4.0  #: silence awaited before a burst of messages is answered
    burst_seconds: float = 20.0  #: a burst is answered this long after its first message, silence or not
    freshness_seconds: float = 600.0  #: an older message is stored, not answered; a later answer is a person's
    operator_webhook_url: str = field(default="", repr=False)  #: told of dead letters; may hold a secret; "" for nobody
    messages_per_minute: int = 20  #: more from one contact are not answered
    webhooks_per_second: int = 50  #: more from one WhatsApp number must come again, for each container
    model_prices: tuple[ModelPrice, ...] = LIST_PRICES  #: what is configured stands before the list prices
    audio_prices: tuple[AudioPrice, ...] = AUDIO_LIST_PRICES  #: likewise
    price_currency: str = "USD"  #: ISO 4217 code of both, as the list prices are in
    log_level: str = "INFO"

    @property
    def has_queue(self) -> bool:
        """Whether there is a queue; without one, the other three variables of QStash are empty."""
        return bool(self.qstash_url)

    @property
    def deployment(self) -> Deployment:
        return Deployment(name=self.deployment_name, public_url=self.public_url)

    @property
    def quiet_window(self) -> timedelta:
        return timedelta(seconds=self.quiet_window_seconds)

    @property
    def freshness(self) -> timedelta:
        return timedelta(seconds=self.freshness_seconds)


#: What QSTASH_URL says when there shall be no queue, and OPENAI_TRANSCRIPTION_MODEL when voice shall not be understood:
#: never by mistake, as a missing variable would be.
NONE = "none"

#: Variables that have a default.
OPTIONAL_VARIABLES = frozenset(entry.name.upper() for entry in fields(Settings) if entry.default is not MISSING)

_SHORTEST_KEY = 32
_LOG_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR"})


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read `Settings` from `environment`, by default the process's.

    An empty variable counts as missing. Raises `SettingsError` naming every variable that is missing or wrong.
    """
    source = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    problems: list[str] = []
    for entry in fields(Settings):
        variable = entry.name.upper()
        raw = source.get(variable, "").strip()
        if raw:
            try:
                values[entry.name] = _parse(entry.name, entry.type, raw)
            except ValueError as error:
                problems.append(f"{variable} {error}")
        elif entry.name.startswith("qstash_") and values.get("qstash_url") == "":
            values[entry.name] = ""
        elif variable not in OPTIONAL_VARIABLES:
            problems.append(f"{variable} is missing")
    if problems:
        raise SettingsError("settings: " + "; ".join(problems))
    return Settings(**values)


def _parse(name: str, kind: object, raw: str) -> object:
    if name in {"qstash_url", "openai_transcription_model"} and raw.lower() == NONE:
        return ""
    if name.endswith("_url"):
        return _url(raw)
    if name in _BY_NAME:
        return _BY_NAME[name](raw)
    if kind in _BY_KIND:
        return _BY_KIND[kind](raw)
    if name.endswith(("_key", "_token")):
        return _credential(name, raw)
    if name == "log_level" and raw.upper() not in _LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(sorted(_LOG_LEVELS))}")
    return raw


def _credential(name: str, raw: str) -> str:
    if not (raw.isascii() and raw.isprintable()):
        raise ValueError("holds characters that cannot go into a header")
    if name == "privacy_key" and len(raw) < _SHORTEST_KEY:
        raise ValueError(f"must have at least {_SHORTEST_KEY} characters: phone numbers are few enough to try them all")
    return raw


def _name(raw: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", raw):
        raise ValueError("must be 1 to 40 letters, digits, hyphens and underscores")
    return raw


def _url(raw: str) -> str:
    try:
        parts = urlsplit(raw)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range, brackets that do not match
        valid = False
    if not valid or not raw.isprintable() or " " in raw:
        raise ValueError("must be an http or https address")
    return raw.rstrip("/")


def _currency(raw: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", raw):
        raise ValueError("must be an ISO 4217 code such as USD")
    return raw


def _seconds(raw: str) -> float:
    try:
        seconds = float(raw)
    except ValueError:
        raise ValueError("must be a number of seconds") from None
    if not 0 <= seconds <= 86_400:
        raise ValueError("must be between 0 and 86400 seconds")
    return seconds


def _count(raw: str) -> int:
    # Python itself gives up on numbers of thousands of digits.
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 6 and int(raw) >= 1):
        raise ValueError("must be a whole number from 1 to 999999")
    return int(raw)


def _flag(raw: str) -> bool:
    if raw.lower() not in {"true", "false"}:
        raise ValueError("must be true or false")
    return raw.lower() == "true"


def _table(raw: str, *, example: str) -> dict[str, object]:
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("must be JSON") from None
    if not isinstance(table, dict):
        raise ValueError(f"must be a JSON object such as {example}")
    return table


def _prices(raw: str) -> tuple[ModelPrice, ...]:
    table = _table(raw, example='{"gpt-4.1-mini": [400000, 1600000]}')
    given = tuple(_price(model, pair) for model, pair in table.items())
    return given + tuple(price for price in LIST_PRICES if price.model not in table)


def _audio_prices(raw: str) -> tuple[AudioPrice, ...]:
    table = _table(raw, example='{"whisper-1": 6000}')
    given = tuple(_audio_price(model, minute) for model, minute in table.items())
    return given + tuple(price for price in AUDIO_LIST_PRICES if price.model not in table)


def _audio_price(model: str, minute: object) -> AudioPrice:
    if isinstance(minute, int) and not isinstance(minute, bool) and minute >= 0:
        return AudioPrice(model=model, minute=minute)
    raise ValueError(f"must give {model!r} a whole number from 0: the price of a minute")


def _price(model: str, pair: object) -> ModelPrice:
    match pair:
        case [int(prompt), int(completion)] if min(prompt, completion) >= 0 and bool not in map(type, pair):
            return ModelPrice(model=model, prompt=prompt, completion=completion)
    raise ValueError(
        f"must give {model!r} two whole numbers from 0: the price of a million prompt and completion tokens"
    )


_BY_KIND: Mapping[object, Callable[[str], object]] = {float: _seconds, int: _count, bool: _flag}
_BY_NAME: Mapping[str, Callable[[str], object]] = {
    "deployment_name": _name,
    "model_prices": _prices,
    "audio_prices": _audio_prices,
    "price_currency": _currency,
}
