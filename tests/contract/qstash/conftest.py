"""A broker under a virtual clock, in memory or on disk, without a socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.local.qstash import BrokerConfig
from infra.local.qstash.simulation import SimulatedBroker, simulated_broker


@pytest.fixture
async def broker() -> AsyncIterator[SimulatedBroker]:
    """A broker in memory whose clock stands at 2025-01-01 00:00 UTC."""
    async with simulated_broker() as simulated:
        yield simulated


@pytest.fixture
async def durable_broker(tmp_path: Path) -> AsyncIterator[SimulatedBroker]:
    """The same with its state on disk, so that it can be restarted."""
    async with simulated_broker(BrokerConfig(data=tmp_path)) as simulated:
        yield simulated
