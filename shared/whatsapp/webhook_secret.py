"""The secret that a gateway shows when it calls a webhook: one for each instance, made from one root.

Nothing is stored, and the secret of one instance opens no other one's webhook.
"""

import hashlib
import hmac

from shared.errors import UnauthenticWebhookError

#: The header of a webhook call that carries its secret.
SECRET_HEADER = "x-webhook-secret"  # noqa: S105 - the name of a header


def derive_webhook_secret(root: str, *, provider: str, instance: str) -> str:
    """Return the secret, 64 hexadecimal digits, for the webhook of `instance` at `provider`.

    It is HMAC-SHA256 under `root`. The provider's length goes in, so that no two pairs give one text. Raises
    `ValueError` when `root` is empty: anybody could make the secrets then.
    """
    if not root:
        raise ValueError("webhook secret: the root is empty")
    subject = f"webhook:{len(provider)}:{provider}:{instance}"
    return hmac.new(_bytes(root), _bytes(subject), hashlib.sha256).hexdigest()


def verify_webhook_secret(root: str, *, provider: str, instance: str, presented: str | None) -> None:
    """Return when `presented` is the secret of `instance` at `provider`, in a time that tells nothing about it.

    Raises `UnauthenticWebhookError` saying whether the secret is missing or wrong, never what it was or should be.
    """
    if not presented:
        raise UnauthenticWebhookError("the webhook secret is missing")
    expected = derive_webhook_secret(root, provider=provider, instance=instance)
    if not hmac.compare_digest(_bytes(presented), _bytes(expected)):
        raise UnauthenticWebhookError("the webhook secret is wrong or belongs to another instance")


def _bytes(text: str) -> bytes:
    """Encode text that came through a URL or a header and may hold lone surrogates."""
    return text.encode("utf-8", "surrogatepass")
