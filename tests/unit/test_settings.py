"""The environment, read once: every mistake is named, no secret shows."""

import dataclasses
import os
from datetime import timedelta

import pytest

from shared.errors import SettingsError
from shared.settings import Settings, load_settings

COMPLETE = {
    "PUBLIC_URL": "https://aurora.example/",
    "WEBHOOK_SECRET": "secret-1",
    "QSTASH_URL": "https://qstash.example",
    "QSTASH_TOKEN": "secret-2",
    "QSTASH_CURRENT_SIGNING_KEY": "secret-3",
    "QSTASH_NEXT_SIGNING_KEY": "secret-4",
    "UPSTASH_REDIS_REST_URL": "https://redis.example",
    "UPSTASH_REDIS_REST_TOKEN": "secret-5",
    "SUPABASE_URL": "https://supabase.example",
    "SUPABASE_SECRET_KEY": "secret-6",
    "EVOLUTION_URL": "http://127.0.0.1:8080",
    "EVOLUTION_API_KEY": "secret-7",
    "OPENAI_API_KEY": "secret-8",
}


def test_what_is_required_is_enough() -> None:
    """The rest has defaults; addresses lose their trailing slash."""
    settings = load_settings(COMPLETE)
    assert settings.public_url == "https://aurora.example"
    assert settings.openai_base_url == "https://api.openai.com/v1"
    assert settings.quiet_window == timedelta(seconds=4)
    assert settings.freshness == timedelta(minutes=10)


@pytest.mark.parametrize("value", [None, "", "   "])
@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_a_missing_or_empty_variable_is_named(name: str, value: str | None) -> None:
    """An empty variable is a missing one."""
    environment = {**COMPLETE} if value is None else {**COMPLETE, name: value}
    if value is None:
        del environment[name]
    with pytest.raises(SettingsError, match=f"^settings: {name} is missing$"):
        load_settings(environment)


def test_ears_and_eyes_can_be_switched_off() -> None:
    """By a word, never by leaving something out; what is neither yes nor no is refused."""
    settings = load_settings(COMPLETE)
    assert (settings.openai_transcription_model, settings.openai_vision) == ("whisper-1", True)
    off = load_settings({**COMPLETE, "OPENAI_TRANSCRIPTION_MODEL": "none", "OPENAI_VISION": "False"})
    assert (off.openai_transcription_model, off.openai_vision) == ("", False)
    with pytest.raises(SettingsError, match="OPENAI_VISION must be true or false"):
        load_settings({**COMPLETE, "OPENAI_VISION": "perhaps"})


def test_every_mistake_is_named_in_one_line() -> None:
    """Whoever sets a deployment up learns all at once what is wrong."""
    with pytest.raises(SettingsError) as refused:
        load_settings({"PUBLIC_URL": "aurora.example", "QUIET_WINDOW_SECONDS": "soon"})
    message = str(refused.value)
    assert "\n" not in message
    assert "PUBLIC_URL must be an http or https address" in message
    assert "QUIET_WINDOW_SECONDS must be a number of seconds" in message
    assert all(f"{name} is missing" in message for name in COMPLETE if name != "PUBLIC_URL")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "ftp://aurora.example"),
        ("SUPABASE_URL", "https://"),
        ("QSTASH_URL", "qstash"),
        ("QUIET_WINDOW_SECONDS", "-1"),
        ("QUIET_WINDOW_SECONDS", "nan"),
        ("QUIET_WINDOW_SECONDS", "inf"),
        ("FRESHNESS_SECONDS", "86401"),
        ("LOG_LEVEL", "LOUD"),
        ("DEPLOYMENT_NAME", "aurora.staging"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: str) -> None:
    """The variable is named; its value is not repeated."""
    with pytest.raises(SettingsError, match=name) as refused:
        load_settings({**COMPLETE, name: value})
    assert value not in str(refused.value).replace(name, "").replace("https address", "")


@pytest.mark.parametrize("value", ["0", "0.5", "86400"])
def test_seconds_may_be_any_part_of_a_day(value: str) -> None:
    """From nothing to a day."""
    assert load_settings({**COMPLETE, "QUIET_WINDOW_SECONDS": value}).quiet_window_seconds == float(value)


def test_no_secret_shows_in_a_representation() -> None:
    """Settings may be printed by accident; what is secret must not."""
    shown = repr(load_settings(COMPLETE))
    assert not [value for value in COMPLETE.values() if value.startswith("secret-") and value in shown]


def test_settings_do_not_change() -> None:
    """What a process began with is what it has."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_settings(COMPLETE).log_level = "DEBUG"  # type: ignore[misc]  # that is the mistake


def test_the_processs_environment_is_the_default() -> None:
    """Without an argument the variables are the process's own."""
    os.environ.update(COMPLETE)
    assert load_settings() == load_settings(COMPLETE)


def test_variables_of_others_are_ignored() -> None:
    """An environment holds much that is not ours."""
    assert isinstance(load_settings({**COMPLETE, "PATH": "/bin", "SETTINGS": "x"}), Settings)


def test_going_without_a_queue_must_be_said() -> None:
    """`QSTASH_URL=none` makes the other three optional; merely leaving them out is a mistake."""
    without = {name: value for name, value in COMPLETE.items() if not name.startswith("QSTASH_")}
    settings = load_settings({**without, "QSTASH_URL": "None"})
    assert not settings.has_queue
    assert settings.qstash_token == ""
    assert load_settings(COMPLETE).has_queue
