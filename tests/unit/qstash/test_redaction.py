"""Redacted fields in what the API shows."""

import hashlib

import pytest

from infra.local.qstash.headers import Headers
from infra.local.qstash.redaction import redact_body, redact_headers
from infra.local.qstash.values import Redaction

HEADERS: Headers = {"Authorization": ["Bearer x"], "Content-Type": ["text/plain"]}
HIDDEN = f"REDACTED:{hashlib.sha256(b'Bearer x').hexdigest()}"


@pytest.mark.parametrize(
    ("redaction", "shown"),
    [
        (Redaction(), HEADERS),
        (Redaction(body=True), HEADERS),
        (Redaction(headers=("Authorization",)), HEADERS | {"Authorization": [HIDDEN]}),
    ],
)
def test_only_the_named_headers_are_hidden(redaction: Redaction, shown: Headers) -> None:
    """The name stays; the value becomes the hash of the original."""
    assert redact_headers(HEADERS, redaction) == shown


def test_all_headers_can_be_hidden() -> None:
    """Every value, whatever the name."""
    hidden = redact_headers(HEADERS, Redaction(all_headers=True))
    assert all(value.startswith("REDACTED:") for values in hidden.values() for value in values)


def test_a_body_is_hidden_only_on_demand() -> None:
    """None means that it may be shown."""
    assert redact_body(b"secret", Redaction()) is None
    assert redact_body(b"secret", Redaction(body=True)) == f"REDACTED:{hashlib.sha256(b'secret').hexdigest()}"
