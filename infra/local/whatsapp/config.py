"""What a gateway is started with."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class GatewayConfig:
    """Settings of one gateway; times are in seconds."""

    #: Global key of the Evolution endpoints (header `apikey`).
    api_key: str
    #: Folder of the durable state, made when missing; None keeps everything in memory.
    data: Path | None
    #: Where the gateway says it lives, in the `server_url` of a webhook.
    server_url: str = "http://127.0.0.1"
    #: Evolution's WEBHOOK_REQUEST_TIMEOUT_MS.
    webhook_timeout: float = 30.0
    #: Waits between the attempts of one event: ten attempts in all, as Evolution 2.3.7 makes.
    webhook_delays: tuple[float, ...] = (5, 10, 20, 40, 80, 160, 300, 300, 300)
    #: Part of a wait that chance may add or take away.
    webhook_jitter: float = 0.2
    #: From the send to the second tick, and from there to the blue ones.
    delivered_after: float = 0.4
    read_after: float = 1.2
    now: Callable[[], datetime] = utc_now
    #: Chance between 0 and 1, for the jitter.
    chance: Callable[[], float] = random.random
