"""The signature of a delivery: a JSON Web Token over destination and body.

`nbf` is 0 and `iat` is rounded down, because the verifiers of the SDKs tolerate no clock skew.
"""

import base64
import hashlib
import hmac
import json

LIFETIME_SECONDS = 300
_HEADER = {"alg": "HS256", "typ": "JWT"}


def sign(key: str, *, url: str, body: bytes, now: int, token_id: str) -> str:
    """Return the token for delivering `body` to `url` at `now` (Unix milliseconds), signed with `key` as it is."""
    issued = now // 1000
    claims = {
        "iss": "Upstash",
        "sub": url,
        "exp": issued + LIFETIME_SECONDS,
        "nbf": 0,
        "iat": issued,
        "jti": token_id,
        # Padded, unlike the three parts of the token; verifiers strip it.
        "body": base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode(),
    }
    signed = f"{_ENCODED_HEADER}.{_part(claims)}"
    digest = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_text(digest)}"


def _part(content: dict[str, object] | dict[str, str]) -> str:
    return _text(json.dumps(content, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_ENCODED_HEADER = _part(_HEADER)
