"""Everybody's phones at once: a WhatsApp gateway that delivers at once and forgets nothing."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.errors import MediaUnavailableError
from shared.media import MediaFile
from shared.ports import Clock
from shared.whatsapp.events import Sent


@dataclass(frozen=True)
class Heard:
    """A message that reached a phone."""

    address: str
    text: str
    provider_message_id: str
    at: datetime


@dataclass
class Phones:
    """The port `shared.ports.Gateway`."""

    clock: Clock
    heard: list[Heard] = field(default_factory=list)
    attachments: dict[str, MediaFile] = field(default_factory=dict)  #: by the provider's id of their message

    def clear(self) -> None:
        self.heard.clear()
        self.attachments.clear()

    def newest(self, address: str, text: str) -> Heard | None:
        """Return the newest message to `address` that holds `text`."""
        return next((each for each in reversed(self.heard) if each.address == address and text in each.text), None)

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        """See `shared.ports.Gateway`."""
        heard = Heard(address, text, f"OUT{len(self.heard) + 1}", self.clock.now())
        self.heard.append(heard)
        return Sent(provider_message_id=heard.provider_message_id)

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        """See `shared.ports.Gateway`."""
        found = self.newest(address, text)
        return found.provider_message_id if found is not None and found.at >= since else None

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        """See `shared.ports.Gateway`."""
        if provider_message_id not in self.attachments:
            raise MediaUnavailableError("nobody sent such a file")
        return self.attachments[provider_message_id]

    async def check(self) -> None:
        """Always there."""
