"""The secret that opens one instance's webhook and no other."""

import hashlib
import hmac
from itertools import pairwise

import pytest

from shared.errors import UnauthenticWebhookError
from shared.whatsapp.webhook_secret import derive_webhook_secret, verify_webhook_secret

ROOT = "root-secret"


def test_the_secret_is_an_hmac_of_the_address() -> None:
    """Whoever sets up a gateway by hand can compute it with any HMAC tool."""
    expected = hmac.new(ROOT.encode(), b"webhook:9:evolution:loja-a", hashlib.sha256).hexdigest()
    assert derive_webhook_secret(ROOT, provider="evolution", instance="loja-a") == expected


def test_no_two_webhooks_share_a_secret() -> None:
    """Neither another root, provider or instance nor another split between the two gives the same secret."""
    addresses = [("root-secret", "evolution", "loja"), ("other", "evolution", "loja"), (ROOT, "waha", "loja")]
    addresses += [(ROOT, "evolution", "loja-b"), (ROOT, "evolution:", "loja"), (ROOT, "evolution", ":loja")]
    addresses += [(ROOT, "", "evolution:loja"), (ROOT, "1:e", "x"), (ROOT, "1", "e:x")]
    secrets = sorted(derive_webhook_secret(root, provider=name, instance=one) for root, name, one in addresses)
    assert all(first != second for first, second in pairwise(secrets))


def test_the_right_secret_passes() -> None:
    """A gateway that was told the secret gets in."""
    secret = derive_webhook_secret(ROOT, provider="evolution", instance="loja-a")
    verify_webhook_secret(ROOT, provider="evolution", instance="loja-a", presented=secret)


@pytest.mark.parametrize(
    ("presented", "cause"),
    [
        (None, "missing"),
        ("", "missing"),
        ("wrong", "wrong or belongs to another instance"),
        ("é\udc80", "wrong or belongs to another instance"),
        (derive_webhook_secret(ROOT, provider="evolution", instance="loja-b"), "wrong or belongs to another instance"),
        (ROOT, "wrong or belongs to another instance"),
    ],
)
def test_anything_else_is_refused_without_telling_secrets(presented: str | None, cause: str) -> None:
    """The refusal says missing or wrong, and holds neither the secret shown nor the one expected."""
    with pytest.raises(UnauthenticWebhookError, match=cause) as raised:
        verify_webhook_secret(ROOT, provider="evolution", instance="loja-a", presented=presented)
    expected = derive_webhook_secret(ROOT, provider="evolution", instance="loja-a")
    assert expected not in str(raised.value)
    assert ROOT not in str(raised.value)
    assert presented in {None, "", "wrong"} or str(presented) not in str(raised.value)


def test_an_empty_root_makes_no_secrets() -> None:
    """Secrets that anybody can compute are worse than none."""
    with pytest.raises(ValueError, match="root is empty"):
        derive_webhook_secret("", provider="evolution", instance="loja-a")
