"""The signature of a delivery."""

import base64
import hashlib
import json
import time

import jwt
import pytest
from qstash import Receiver
from qstash.errors import SignatureError

from infra.local.qstash.signing import sign

NOW = 1_735_689_600_999
CURRENT = "sig_currentcurrentcurrentcurrent"
NEXT = "sig_nextnextnextnextnextnextnext"
OTHER = "sig_otherotherotherotherotherother"
URL = "https://shop.example/jobs/message.receive?tenant=ação"


def test_the_claims_are_the_documented_ones() -> None:
    """Destination and body hash are bound; nbf is 0 and iat rounded down, for verifiers without any tolerance."""
    token = sign(CURRENT, url=URL, body=b"{}", now=NOW, token_id="jwt_1")
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims == {
        "iss": "Upstash",
        "sub": URL,
        "iat": 1_735_689_600,
        "nbf": 0,
        "exp": 1_735_689_900,
        "jti": "jwt_1",
        "body": base64.urlsafe_b64encode(hashlib.sha256(b"{}").digest()).decode(),
    }


@pytest.mark.parametrize("body", ["", "{}", "ação 🎉"])
@pytest.mark.parametrize("key", [CURRENT, NEXT])
def test_the_official_receiver_accepts_both_keys(body: str, key: str) -> None:
    """A delivery signed before a rotation still verifies after it."""
    receiver = Receiver(current_signing_key=CURRENT, next_signing_key=NEXT)
    token = sign(key, url=URL, body=body.encode(), now=time.time_ns() // 1_000_000, token_id="jwt_1")
    receiver.verify(signature=token, body=body, url=URL)


@pytest.mark.parametrize(
    ("key", "body", "url"),
    [(OTHER, "{}", URL), (CURRENT, "{} ", URL), (CURRENT, "{}", "https://shop.example/other")],
)
def test_the_official_receiver_refuses_anything_else(key: str, body: str, url: str) -> None:
    """Another key, another body or another destination is no delivery of ours."""
    receiver = Receiver(current_signing_key=CURRENT, next_signing_key=NEXT)
    token = sign(key, url=URL, body=b"{}", now=time.time_ns() // 1_000_000, token_id="jwt_1")
    with pytest.raises(SignatureError):
        receiver.verify(signature=token, body=body, url=url)
