"""What a broker is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

#: The published user of the official development server. Public and worth nothing: with them the
#: JavaScript SDK under `QSTASH_DEV=true` takes this broker for its own and starts no server.
DEV_TOKEN = "eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0="  # noqa: S105 - published
DEV_CURRENT_SIGNING_KEY = "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r"
DEV_NEXT_SIGNING_KEY = "sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs"

Quota = Literal["none", "free", "payg"]
MissedFires = Literal["once", "skip"]


@dataclass(frozen=True, kw_only=True)
class BrokerConfig:
    """Settings of one broker; every default suits local development."""

    #: Folder that holds the state; None keeps everything in memory.
    data: Path | None = None
    #: Bearer token that callers must send.
    token: str = field(default=DEV_TOKEN, repr=False)
    #: Key that signs deliveries, until the first rotation.
    current_signing_key: str = field(default=DEV_CURRENT_SIGNING_KEY, repr=False)
    #: Key that becomes current at the first rotation.
    next_signing_key: str = field(default=DEV_NEXT_SIGNING_KEY, repr=False)
    #: Host (or host:port) of a destination to the base URL to connect to instead.
    rewrites: Mapping[str, str] = field(default_factory=dict)
    #: Serve `/_dev/…`: the movable clock and the delivery faults.
    dev_endpoints: bool = True
    #: Published plan whose limits apply.
    quota: Quota = "none"
    #: Deliveries in flight at any time.
    parallelism: int = 100
    #: What a schedule does about fires missed while the broker was down: one late fire, or none.
    missed_fires: MissedFires = "once"
