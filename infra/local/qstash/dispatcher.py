"""Decides which messages leave, and sees each attempt through.

Messages wait in lanes (see the schema). Lanes in which something may have become claimable are marked, by the
transaction that caused it or by the passing of time, and only those are asked at the end of each transaction.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

from infra.local.qstash import flow_control, messages
from infra.local.qstash.clock import Clock, Timer
from infra.local.qstash.flow_control import FlowControl
from infra.local.qstash.journal import Journal, Transaction
from infra.local.qstash.values import Attempt, EventState, Message, Outcome, State

logger = logging.getLogger(__name__)


Send = Callable[[Message], Awaitable[Outcome]]
Conclude = Callable[[Transaction, Attempt], None]
#: Work of the transaction's end that may create messages, such as schedules that are due; returns when it is
#: next needed (Unix milliseconds), None for never.
Recurring = Callable[[Transaction], int | None]


class Dispatcher:
    """Owns the attempts in flight. Everything here runs in the event loop's thread."""

    def __init__(self, journal: Journal, clock: Clock, *, parallelism: int, recurring: Recurring) -> None:
        self._journal = journal
        self._clock = clock
        self._parallelism = parallelism
        self._recurring = recurring
        self._marked: dict[str, None] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._in_flight: dict[int, Message] = {}
        self._flow_active: Counter[str] = Counter()
        #: Queue lanes held back by a flow control key, looked at again with it.
        self._held_by: dict[str, dict[str, None]] = {}
        #: When the rate window of a lane's key opens.
        self._reopenings: dict[str, int] = {}
        self._seen_until = 0
        self._timer: Timer | None = None
        self._send: Send | None = None
        self._conclude: Conclude | None = None

    @property
    def active(self) -> int:
        """Number of attempts in flight."""
        return len(self._in_flight)

    def active_of(self, flow_key: str) -> int:
        return self._flow_active[flow_key]

    async def start(self, send: Send, conclude: Conclude) -> None:
        """Take up the work that a previous run left; call once."""
        self._send, self._conclude = send, conclude
        await self._journal.run(self._recover)
        self._journal.before_commit = self._before_commit
        self._journal.poke()

    async def stop(self, *, grace: float) -> None:
        """Claim nothing more and give attempts in flight `grace` seconds; the next start repeats those abandoned."""
        self._journal.before_commit = lambda tx: lambda committed: None
        if self._timer is not None:
            self._timer.cancel()
        await self.settle(patience=grace)
        for task in self._tasks.values():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def settle(self, *, patience: float) -> None:
        """Return when nothing is being written or sent.

        Attempts in flight are waited for until none has come to an end for `patience` real seconds.
        """
        while True:
            await self._journal.drained()
            if not self._tasks:
                return
            ended, _ = await asyncio.wait(
                list(self._tasks.values()), timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            if not ended and self._journal.idle:
                return

    def _recover(self, tx: Transaction) -> None:
        """Attempts that were in flight have an unknown outcome: repeat them, unless a cancellation waits."""
        for row in tx.execute("select * from messages where state = 1 and cancelling").fetchall():
            message = messages.from_row(row)
            messages.close(tx, message, state=State.CANCELLED)
            messages.record(tx, message.seq, EventState.CANCELED)
        tx.execute("update messages set state = 0 where state = 1")
        self._seen_until = 0

    def _before_commit(self, tx: Transaction) -> Callable[[bool], None]:
        before = set(self._in_flight)
        try:
            next_recurring = self._recurring(tx)
            self._mark(tx)
            claimed = self._claim(tx)
            self._set_timer(tx, next_recurring)
        except sqlite3.Error:
            self._give_back([self._in_flight[seq] for seq in self._in_flight.keys() - before])
            raise

        def after(committed: bool) -> None:
            if not committed:
                self._give_back(claimed)
                return
            for message in claimed:
                self._tasks[message.seq] = asyncio.get_running_loop().create_task(self._attempt(message))

        return after

    def _give_back(self, claimed: list[Message]) -> None:
        """Undo claims whose transaction failed; their lanes are asked again with the next one."""
        for message in claimed:
            self._release(message)
            self._marked[message.lane] = None
            if message.queue is not None:
                self._marked[f"q:{message.queue}"] = None

    def _mark(self, tx: Transaction) -> None:
        # Sorted, as the order of a set is another in each process and a simulation must repeat.
        for lane in sorted(tx.lanes):
            self._marked[lane] = None
            if lane.startswith("f:"):
                self._marked.update(self._held_by.pop(lane[2:], {}))
        for lane in [lane for lane, at in self._reopenings.items() if at <= tx.now]:
            del self._reopenings[lane]
            self._marked[lane] = None
        due = tx.execute(
            "select distinct lane from messages where state = 0 and due_at > ? and due_at <= ?",
            (self._seen_until, tx.now),
        )
        self._marked.update((row["lane"], None) for row in due)
        self._seen_until = tx.now

    def _set_timer(self, tx: Transaction, next_recurring: int | None) -> None:
        candidates = [
            tx.scalar("select min(due_at) from messages where state = 0 and due_at > ?", (tx.now,)),
            next_recurring,
            min(self._reopenings.values(), default=None),
        ]
        due = min((moment for moment in candidates if moment is not None), default=None)
        if self._timer is not None:
            if self._timer.callback is not None and self._timer.when == due:
                return
            self._timer.cancel()
        self._timer = None if due is None else self._clock.call_at(due, self._journal.poke)

    def _claim(self, tx: Transaction) -> list[Message]:
        claimed: list[Message] = []
        for lane in list(self._marked):
            free = self._parallelism - len(self._in_flight)
            if free <= 0:
                break
            del self._marked[lane]
            taken = self._claim_lane(tx, lane, free=free)
            if len(taken) == free:
                self._marked[lane] = None
            claimed.extend(taken)
        if claimed:
            tx.executemany(
                "update messages set state = 1, lane = ?, slot = ? where seq = ?",
                [(message.lane, message.slot, message.seq) for message in claimed],
            )
            tx.executemany(
                "insert into events (time, message_seq, state) values (?, ?, ?)",
                [(tx.now, message.seq, EventState.ACTIVE) for message in claimed],
            )
        return claimed

    def _claim_lane(self, tx: Transaction, lane: str, *, free: int) -> list[Message]:
        kind, _, name = lane.partition(":")
        if kind == "f":
            return self._claim_flow(tx, lane, free=free)
        if kind == "q":
            free = min(free, self._free_slots(tx, name))
        elif kind == "h" and tx.scalar("select paused from queues where name = ?", (name,)):
            free = 0
        taken = []
        for message in self._due(tx, lane, limit=free):
            if not self._admit(tx, message, lane=lane):
                break
            started = replace(message, state=State.ACTIVE)
            if kind == "q":
                # From its first attempt on it keeps a slot of the queue until it is finished.
                started = replace(started, lane=f"h:{name}", slot=name)
            taken.append(started)
            self._hold(started)
        return taken

    def _claim_flow(self, tx: Transaction, lane: str, *, free: int) -> list[Message]:
        key = lane[2:]
        flow = flow_control.load(tx, key) or FlowControl(key=key)
        capacity = flow.capacity(tx.now, self._flow_active[key])
        wanted = free if capacity is None else min(free, capacity)
        taken = [replace(message, state=State.ACTIVE) for message in self._due(tx, lane, limit=wanted)]
        for message in taken:
            self._hold(message)
        if taken:
            flow = flow.spend(tx.now, len(taken))
            flow_control.save(tx, flow)
        self._watch_rate(flow, lane, now=tx.now)
        return taken

    def _admit(self, tx: Transaction, message: Message, *, lane: str) -> bool:
        """Pass a queued message through its flow control key, if it has one."""
        key = message.options.flow_key
        if key is None:
            return True
        flow = flow_control.load(tx, key) or FlowControl(key=key)
        if flow.capacity(tx.now, self._flow_active[key]) == 0:
            self._held_by.setdefault(key, {})[lane] = None
            self._watch_rate(flow, lane, now=tx.now)
            return False
        flow_control.save(tx, flow.spend(tx.now, 1))
        return True

    def _watch_rate(self, flow: FlowControl, lane: str, *, now: int) -> None:
        opens_at = flow.opens_at(now)
        if opens_at is not None:
            self._reopenings[lane] = opens_at

    def _free_slots(self, tx: Transaction, queue: str) -> int:
        row = tx.one("select parallelism, paused from queues where name = ?", (queue,))
        if row is None or row["paused"]:
            return 0
        held: int = tx.scalar("select count(*) from messages where slot = ? and state < 2", (queue,))
        return max(0, int(row["parallelism"]) - held)

    def _due(self, tx: Transaction, lane: str, *, limit: int) -> list[Message]:
        if limit <= 0:
            return []
        rows: list[sqlite3.Row] = tx.execute(
            "select * from messages where state = 0 and lane = ? and due_at <= ? order by due_at, seq limit ?",
            (lane, tx.now, limit),
        ).fetchall()
        return [messages.from_row(row) for row in rows]

    def _hold(self, message: Message) -> None:
        self._in_flight[message.seq] = message
        if message.options.flow_key is not None:
            self._flow_active[message.options.flow_key] += 1

    def _release(self, message: Message) -> None:
        if self._in_flight.pop(message.seq, None) is None or message.options.flow_key is None:
            return
        self._flow_active[message.options.flow_key] -= 1
        if not self._flow_active[message.options.flow_key]:
            del self._flow_active[message.options.flow_key]

    async def _attempt(self, message: Message) -> None:
        assert self._send is not None  # noqa: S101 - set by start, before anything can be claimed
        try:
            outcome = await self._send(message)
            await self._record(Attempt(message, outcome))
        finally:
            self._tasks.pop(message.seq, None)

    async def _record(self, attempt: Attempt) -> None:
        message = attempt.message

        def conclude(tx: Transaction) -> None:
            assert self._conclude is not None  # noqa: S101 - set by start
            self._release(message)
            self._conclude(tx, attempt)

        while True:
            try:
                await self._journal.run(conclude)
            except sqlite3.Error:
                # A full disk, say. The outcome is worth keeping: forgetting it would repeat the delivery.
                logger.exception("the outcome of message %s could not be stored; trying again", message.id)
                self._hold(message)
                await asyncio.sleep(1)
            else:
                return
