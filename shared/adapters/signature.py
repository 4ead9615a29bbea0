"""Verifies that a delivery is QStash's and meant for this address.

The official Receiver takes a decoded body, allows no clock skew and, when both keys fail, hides why the first one did;
so the token is checked here, on the raw bytes, with PyJWT. The rules are those of QStash's documentation: HS256 with
the current or the next signing key over `iss`, `sub`, `exp`, `nbf`, and `body`, the base64url SHA-256 of the raw body.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import jwt

from shared.errors import SignatureError
from shared.ports import Clock

CLOCK_SKEW = timedelta(seconds=30)


class SignatureVerifier:
    """Checks a delivery's `Upstash-Signature` with the current signing key, then with the next one."""

    def __init__(self, current_key: str, next_key: str, *, clock: Clock | None = None) -> None:
        """`clock` says whether a token has expired, in place of the machine's."""
        # An empty key would verify what anybody signs with an empty key.
        self._keys = tuple(key for key in (current_key, next_key) if key)
        self._clock = clock

    def __call__(self, signature: str, body: bytes, url: str) -> None:
        """Return when `signature` covers exactly `body` and `url`. Raises `SignatureError` saying what is wrong."""
        claims = _claims(signature, self._keys, by_machine_clock=self._clock is None)
        if self._clock is not None:
            _check_times(claims, self._clock.now().timestamp())
        if claims["sub"] != url:
            raise SignatureError(f"the signature is for another address than {url}")
        expected = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=")
        if not hmac.compare_digest(str(claims["body"]).rstrip("=").encode(), expected):
            raise SignatureError("the body is not the one that was signed")


def _check_times(claims: dict[str, Any], now: float) -> None:
    try:
        expires, begins = int(claims["exp"]), int(claims["nbf"])
    except (TypeError, ValueError):
        raise SignatureError("the signature is not acceptable: its times are no numbers") from None
    skew = CLOCK_SKEW.total_seconds()
    if not begins - skew <= now < expires + skew:
        raise SignatureError("the signature is not acceptable: it has expired or is not valid yet")


def _claims(signature: str, keys: Sequence[str], *, by_machine_clock: bool) -> dict[str, Any]:
    if not keys:
        raise SignatureError("no signing key is configured: nobody may deliver jobs")
    if not signature:
        raise SignatureError("the Upstash-Signature header is missing")
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                signature,
                key,
                algorithms=["HS256"],
                issuer="Upstash",
                leeway=CLOCK_SKEW,
                # The token id plays no part in the check, and QStash has sent ones that are not strings.
                options={
                    "require": ["iss", "sub", "exp", "nbf", "body"],
                    "verify_aud": False,
                    "verify_jti": False,
                    "verify_exp": by_machine_clock,
                    "verify_nbf": by_machine_clock,
                    "verify_iat": by_machine_clock,
                },
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidTokenError as error:
            raise SignatureError(f"the signature is not acceptable: {error}") from None
        else:
            return claims
    raise SignatureError("the signature is made with neither the current nor the next signing key")
