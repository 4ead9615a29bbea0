"""The keyed hash that remains of a phone number."""

import hashlib
import hmac

import pytest

from shared.errors import SettingsError
from shared.privacy import phone_hash
from shared.settings import load_settings
from tests.unit.test_settings import COMPLETE

ANA = "+5511912345678"
KEY = "k" * 32


def test_a_phone_is_known_again_by_its_hash() -> None:
    """The same number under the same key is the same hash, which is HMAC-SHA-256."""
    settings = load_settings({**COMPLETE, "PRIVACY_KEY": KEY})
    assert phone_hash(ANA, settings) == hmac.new(KEY.encode(), ANA.encode(), hashlib.sha256).hexdigest()


def test_the_key_decides() -> None:
    """Other numbers and other keys give other hashes, and without a key of its own the webhook secret makes one."""
    own = load_settings({**COMPLETE, "PRIVACY_KEY": KEY})
    derived = load_settings(COMPLETE)
    changed = load_settings({**COMPLETE, "WEBHOOK_SECRET": "another"})
    hashes = {phone_hash(ANA, each) for each in (own, derived, changed)} | {phone_hash("+5511912345679", own)}
    assert len(hashes) == 4
    assert phone_hash(ANA, derived) == phone_hash(ANA, load_settings(COMPLETE))


def test_the_bare_webhook_secret_is_not_the_key() -> None:
    """Who learns one instance's webhook secret has nothing to try phone numbers with."""
    settings = load_settings(COMPLETE)
    bare = hmac.new(settings.webhook_secret.encode(), ANA.encode(), hashlib.sha256).hexdigest()
    assert phone_hash(ANA, settings) != bare


def test_a_short_key_is_refused() -> None:
    """A key that can be guessed is worse than none: it looks like protection."""
    with pytest.raises(SettingsError, match="PRIVACY_KEY must have at least 32 characters"):
        load_settings({**COMPLETE, "PRIVACY_KEY": "k" * 31})
