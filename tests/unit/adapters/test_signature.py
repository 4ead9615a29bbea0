"""A delivery counts only when QStash signed exactly this body for exactly this address."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qstash import Receiver

from shared.adapters.signature import SignatureVerifier
from shared.errors import SignatureError

CURRENT = "sig_current_signing_key_made_up_for_tests"
NEXT = "sig_next_signing_key_made_up_for_tests"
URL = "https://aurora.example/jobs/message.receive"
BODY = "olá".encode()

verify = SignatureVerifier(CURRENT, NEXT)


def digest(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()


def sign(signed: bytes = BODY, *, key: str = CURRENT, without: str | None = None, **changes: Any) -> str:
    now = datetime.now(UTC)
    claims = {
        "iss": "Upstash",
        "sub": URL,
        "exp": now + timedelta(hours=2),
        "nbf": now,
        "iat": now,
        "jti": "jwt_1",
        "body": digest(signed),
        **changes,
    }
    claims.pop(without or "", None)
    return jwt.encode(claims, key, algorithm="HS256")


@pytest.mark.parametrize("key", [CURRENT, NEXT])
@pytest.mark.parametrize("body", [b"", BODY, b"\xff\xfe\x00", b"x" * 1_000_000])
def test_both_keys_sign_any_bytes(key: str, body: bytes) -> None:
    """The raw body counts, be it text or not, under the current key and the next one."""
    verify(sign(body, key=key), body, URL)


def test_the_official_receiver_agrees() -> None:
    """What is accepted here, QStash's own library accepts too."""
    token = sign()
    verify(token, BODY, URL)
    Receiver(CURRENT, NEXT).verify(signature=token, body=BODY.decode(), url=URL)


@pytest.mark.parametrize("body", [digest(BODY), digest(BODY).rstrip("=")])
def test_the_digest_may_be_padded_or_not(body: str) -> None:
    """QStash pads it, its documentation compares it without."""
    verify(sign(body=body), BODY, URL)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "missing"),
        ("nonsense", "not acceptable"),
        ("a.b.c", "not acceptable"),
        ("é.é.é", "not acceptable"),
        (sign(key="another key that nobody was given at all"), "neither the current nor the next"),
        (sign(iss="Somebody"), "issuer"),
        (sign(sub="https://aurora.example/jobs/message.send"), "another address"),
        (sign(sub=URL + "?a=1"), "another address"),
        (sign(sub=["https://aurora.example"]), "not acceptable"),
        (sign(b"another"), "body"),
        (sign(body=None), "body"),
        (sign(body=7), "body"),
        (sign(body="é"), "body"),
        *[(sign(without=claim), claim) for claim in ("iss", "sub", "exp", "nbf", "body")],
    ],
)
def test_what_is_wrong_is_said(token: str, reason: str) -> None:
    """The error names the check that failed, and nothing else passes."""
    with pytest.raises(SignatureError, match=reason):
        verify(token, BODY, URL)


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_only_the_one_algorithm_is_accepted(algorithm: str) -> None:
    """A token cannot choose how it is checked."""
    claims = jwt.decode(sign(), options={"verify_signature": False})
    key = "" if algorithm == "none" else CURRENT.ljust(64, "x")
    verifier = SignatureVerifier(CURRENT.ljust(64, "x"), NEXT)
    with pytest.raises(SignatureError):
        verifier(jwt.encode(claims, key, algorithm=algorithm), BODY, URL)


@pytest.mark.parametrize(
    ("claim", "seconds", "accepted"),
    [("exp", -25, True), ("exp", -35, False), ("nbf", 25, True), ("nbf", 35, False)],
)
def test_clocks_may_differ_by_half_a_minute(claim: str, seconds: int, accepted: bool) -> None:
    """A container's clock is not QStash's."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    token = sign(exp=moment) if claim == "exp" else sign(nbf=moment)
    if accepted:
        verify(token, BODY, URL)
    else:
        with pytest.raises(SignatureError, match="not acceptable"):
            verify(token, BODY, URL)


@given(position=st.integers(0, 10_000), letter=st.sampled_from("AbC1-_"))
def test_a_token_changed_in_any_place_is_refused(position: int, letter: str) -> None:
    """Not a letter of header, claims or signature may change."""
    token = sign()
    position %= len(token) - 1  # the last letter holds bits that belong to no byte
    changed = token[:position] + letter + token[position + 1 :]
    if changed == token:
        return
    with pytest.raises(SignatureError):
        verify(changed, BODY, URL)


def test_no_error_tells_a_key() -> None:
    """The answer to a forged call must not help the next one."""
    for token in ("", "a.b.c", sign(key="another key that nobody was given at all"), sign(iss="X")):
        with pytest.raises(SignatureError) as refused:
            verify(token, BODY, URL)
        assert CURRENT not in str(refused.value)
        assert NEXT not in str(refused.value)
