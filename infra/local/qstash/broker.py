"""The broker put together: state, clock, dispatcher and sender."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import TypeVar

import httpx

from infra.local.qstash import clock_state, retention, signing_keys
from infra.local.qstash.clock import Clock
from infra.local.qstash.conclusion import Concluder
from infra.local.qstash.config import BrokerConfig
from infra.local.qstash.connections import Connections
from infra.local.qstash.database import open_database
from infra.local.qstash.delivery import Sender
from infra.local.qstash.dispatcher import Dispatcher
from infra.local.qstash.faults import Faults
from infra.local.qstash.ids import Ids
from infra.local.qstash.journal import Journal, Transaction
from infra.local.qstash.publishing import Publisher
from infra.local.qstash.quotas import LIMITS
from infra.local.qstash.schedules import Scheduler
from infra.local.qstash.signing_keys import SigningKeys

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: Longest that moving the clock waits, in real seconds, for attempts that an endpoint does not answer.
SETTLE_PATIENCE_SECONDS = 5.0
#: Longest that stopping waits for them; those abandoned are repeated by the next start.
STOP_GRACE_SECONDS = 1.0


class Broker:
    """One running broker. `start` before the first request, `stop` after the last."""

    def __init__(
        self,
        config: BrokerConfig,
        *,
        clock: Clock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        source: random.Random | None = None,
        patience: float = SETTLE_PATIENCE_SECONDS,
    ) -> None:
        """`clock`, `transport` and `source` (of identifiers) stand in for the real ones in a simulation.

        Moving the clock waits at most `patience` real seconds for attempts that are not answered.
        """
        self.config = config
        self.limits = LIMITS[config.quota]
        self.clock = clock or Clock()
        self.ids = Ids(source)
        self.faults = Faults()
        self.publisher = Publisher(self.ids, self.limits)
        self._transport = transport
        self._patience = patience

    async def start(self) -> None:
        """Open the state, take up what a previous run left and begin to deliver."""
        self.journal = Journal(open_database(self.config.data), self.clock, durable=self.config.data is not None)
        self.scheduler = Scheduler(self.publisher, self.config.missed_fires)
        self.dispatcher = Dispatcher(
            self.journal, self.clock, parallelism=self.config.parallelism, recurring=self._recurring
        )
        self._http = self._transport or Connections(keep=self.config.parallelism)
        self._sender = Sender(
            self._http,
            self.clock,
            ids=self.ids,
            faults=self.faults,
            rewrites=self.config.rewrites,
            max_timeout=self.limits.timeout,
        )
        if self.config.dev_endpoints:
            await self.run(lambda tx: clock_state.restore(tx, self.clock))
        self.use_keys(await self.run(lambda tx: signing_keys.load(tx, self.config)))
        await self.dispatcher.start(self._sender.send, Concluder(self.ids).conclude)

    async def stop(self) -> None:
        """Stop delivering and close the state; nothing accepted is lost."""
        await self.dispatcher.stop(grace=min(STOP_GRACE_SECONDS, self._patience))
        self.clock.stop()
        await self.journal.close()
        if self._transport is None:
            await self._http.aclose()

    async def run(self, apply: Callable[[Transaction], T]) -> T:
        """Run `apply` in a transaction and return its result once that is on the disk."""
        return await self.journal.run(apply)

    def use_keys(self, keys: SigningKeys) -> None:
        """Sign with `keys` from now on."""
        self._sender.signing_key = keys.current

    async def settle(self) -> None:
        """Return when everything that is due now has been attempted and stored."""
        await self.dispatcher.settle(patience=self._patience)
        await asyncio.sleep(0)

    async def advance(self, milliseconds: int) -> None:
        """Let `milliseconds` of the clock pass, with all that falls due on the way, in order."""
        await self.clock.advance(milliseconds, self.settle)

    def _recurring(self, tx: Transaction) -> int | None:
        moments = (self.scheduler.fire_due(tx), retention.prune_due(tx, self.limits))
        return min((moment for moment in moments if moment is not None), default=None)
