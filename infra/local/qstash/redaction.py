"""What the API and the log show in place of redacted fields: `REDACTED:` and the SHA-256 of the original."""

import hashlib

from infra.local.qstash.headers import Headers
from infra.local.qstash.values import Redaction


def redact_headers(headers: Headers, redaction: Redaction) -> Headers:
    """Return `headers` with the values hidden that `redaction` names."""
    if not (redaction.all_headers or redaction.headers):
        return headers
    return {
        name: [_hide(value.encode()) for value in values]
        if redaction.all_headers or name in redaction.headers
        else values
        for name, values in headers.items()
    }


def redact_body(body: bytes, redaction: Redaction) -> str | None:
    """Return what stands for `body`, or None if it may be shown."""
    return _hide(body) if redaction.body else None


def _hide(original: bytes) -> str:
    return f"REDACTED:{hashlib.sha256(original).hexdigest()}"
