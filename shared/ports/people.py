"""Who is written to: customers and owners through a gateway, the operator by alerts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.media import MediaFile
from shared.ports.dependency import Dependency
from shared.whatsapp.events import Sent


class Gateway(Dependency, Protocol):
    """A WhatsApp gateway, as seen when sending."""

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        """Return the provider's id of a message with this text that left for `address` after `since`, else None.

        Raises `GatewayError` when it cannot say.
        """
        ...

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        """Send `text` and return the provider's id for it.

        Raises `GatewayError` when it surely did not leave, `GatewayRefusedError` when it never will, and
        `OutcomeUnknownError` when it may have left.
        """
        ...

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        """Return the file of a message that was received.

        Raises `MediaUnavailableError` when there is none or it is larger than `limit_bytes`, `GatewayRefusedError` when
        the gateway refuses us, and `GatewayError` otherwise.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Alert:
    """What an operator is told of a job that gave up. Holds nothing that people wrote, no number and no secret."""

    job: str
    organization_id: UUID | None
    error: str
    dead_letter_id: UUID
    at: datetime  #: UTC

    @property
    def text(self) -> str:
        """All of it in one line."""
        whose = f" for organization {self.organization_id}" if self.organization_id else ""
        return f"Aurora: {self.job} gave up{whose}: {self.error}. Dead letter {self.dead_letter_id}."


class AlertChannel(Protocol):
    """A way to reach the operator."""

    async def deliver(self, alert: Alert) -> None:
        """Return when the alert was taken. Raises `AlertError`."""
        ...
