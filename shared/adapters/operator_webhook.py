"""Tells the operator over a webhook, such as a chat's or a pager's: any address that takes a POST of JSON."""

import asyncio
from datetime import timedelta

import httpx

from shared.errors import AlertError
from shared.ports import Alert

#: Telling must not keep QStash's callback waiting.
ALERT_LIMIT = timedelta(seconds=3)


class OperatorWebhook:
    """Posts `{"text", "job", "organization", "error", "dead_letter_id", "at"}` to one address."""

    def __init__(self, url: str, *, limit: timedelta = ALERT_LIMIT) -> None:
        self._url = url
        self._limit = limit
        self._client = httpx.AsyncClient(timeout=limit.total_seconds())

    async def deliver(self, alert: Alert) -> None:
        """Return when the alert was taken. Raises `AlertError`, without the address: that may be a secret."""
        try:
            # httpx limits each step of a call, not the whole.
            async with asyncio.timeout(self._limit.total_seconds()):
                response = await self._client.post(self._url, json=_body(alert))
        except TimeoutError:
            raise AlertError(f"the operator's webhook did not answer within {self._limit.total_seconds()} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AlertError(f"the operator's webhook cannot be reached: {type(error).__name__}") from None
        if not response.is_success:
            raise AlertError(f"the operator's webhook answered {response.status_code}")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _body(alert: Alert) -> dict[str, str | None]:
    return {
        "text": alert.text,
        "job": alert.job,
        "organization": str(alert.organization_id) if alert.organization_id else None,
        "error": alert.error,
        "dead_letter_id": str(alert.dead_letter_id),
        "at": alert.at.isoformat(),
    }
