"""What remains of a phone number once its person had everything deleted: a keyed hash, by which it is known again.

Phone numbers are few enough to try them all: without the key, a hash of one would be no better than the number. So the
key is the functions' own, and the database, which keeps the hashes, never sees it.
"""

import hashlib
import hmac

from shared.settings import Settings


def phone_hash(phone: str, settings: Settings) -> str:
    """Return HMAC-SHA-256 of `phone`, E.164, as 64 hexadecimal digits.

    The key is `PRIVACY_KEY`; without it, one that is derived from `WEBHOOK_SECRET`, and changes with it.
    """
    return hmac.new(_key(settings), phone.encode(), hashlib.sha256).hexdigest()


def _key(settings: Settings) -> bytes:
    if settings.privacy_key:
        return settings.privacy_key.encode()
    return hmac.new(settings.webhook_secret.encode(), b"privacy", hashlib.sha256).digest()
