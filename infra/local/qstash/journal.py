"""Group commit: many operations share one transaction and are answered after it is on the disk.

All statements run in the event loop's thread, where an in-memory page costs microseconds; only the commit, which
waits for the disk, runs in the one writer thread. While it does, new operations gather for the next transaction.
Statements over there would each give up the interpreter lock, and wait for it while the event loop is busy.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future as ThreadFuture
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from infra.local.qstash.clock import Clock
from infra.local.qstash.errors import BrokerError

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: Before trying again what nobody waits for, such as sending what is due, after a transaction failed.
_PAUSE_SECONDS = 1.0


class Transaction:
    """One transaction, with the one time that everything in it happens at."""

    __slots__ = ("_connection", "lanes", "now")

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self._connection = connection
        #: Unix milliseconds.
        self.now = now
        #: Lanes in which something may have become claimable.
        self.lanes: set[str] = set()

    @property
    def open(self) -> bool:
        """False once SQLite has undone everything by itself, as it does when the disk is full."""
        return self._connection.in_transaction

    def execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(statement, rows)

    def one(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
        return row

    def scalar(self, statement: str, values: Sequence[object] = ()) -> Any:
        """Return the first column of the first row; None without a row."""
        row = self._connection.execute(statement, values).fetchone()
        return None if row is None else row[0]


@dataclass(slots=True)
class _Operation(Generic[T]):
    apply: Callable[[Transaction], T]
    answer: asyncio.Future[T]
    result: T | None = None
    error: Exception | None = None

    def run(self, transaction: Transaction) -> None:
        transaction.execute("savepoint operation")
        try:
            self.result = self.apply(transaction)
        except Exception as error:  # belongs to its caller, not to the others in the transaction
            if not transaction.open:
                raise
            transaction.execute("rollback to operation")
            self.error = error
        transaction.execute("release operation")

    def finish(self, failure: BaseException | None) -> None:
        if self.answer.done():  # the caller was cancelled; what it asked for happened all the same
            return
        error = failure or self.error
        if error is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(self.result)  # type: ignore[arg-type]  # set whenever there is no error


#: Runs at the end of each transaction; returns what to do once it is committed.
BeforeCommit = Callable[[Transaction], Callable[[bool], None]]


def _nothing(transaction: Transaction) -> Callable[[bool], None]:
    return lambda committed: None


class Journal:
    """The only door to the database."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock, *, durable: bool) -> None:
        self._connection = connection
        self._clock = clock
        self._operations: list[_Operation[Any]] = []
        self._busy = False
        self._asked = False
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._writer = ThreadPoolExecutor(1, "qstash-commit") if durable else None
        self.before_commit: BeforeCommit = _nothing

    async def run(self, apply: Callable[[Transaction], T]) -> T:
        """Run `apply` in a transaction and return its result once that is committed.

        An exception of `apply` undoes what it did and is raised here. Raises `BrokerError` once it is closed.
        """
        if self._closed:
            raise BrokerError("the broker has stopped")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._operations.append(_Operation(apply, answer))
        self.poke()
        return await answer

    def poke(self) -> None:
        """Ask for a transaction even without operations, because time moved."""
        self._asked = True
        if not self._busy and not self._closed:
            self._busy = True
            self._idle.clear()
            asyncio.get_running_loop().call_soon(self._transact)

    @property
    def idle(self) -> bool:
        """Whether nothing is waiting to be written."""
        return self._idle.is_set()

    async def drained(self) -> None:
        """Return when nothing is waiting to be written."""
        await self._idle.wait()

    async def close(self) -> None:
        await self.drained()
        self._closed = True
        if self._writer is not None:
            self._writer.shutdown()
        self._connection.close()

    def _transact(self) -> None:
        operations, self._operations = self._operations, []
        self._asked = False
        changes = self._connection.total_changes
        transaction = Transaction(self._connection, self._clock.now())
        try:
            transaction.execute("begin immediate")
            for operation in operations:
                operation.run(transaction)
            after = self.before_commit(transaction)
        except Exception as error:  # whatever it is, the callers must get an answer and the journal must go on
            self._abort(operations, error)
            return

        def finish(failure: BaseException | None) -> None:
            after(failure is None)
            for operation in operations:
                operation.finish(failure)
            self._next()

        if self._writer is None or self._connection.total_changes == changes:
            finish(self._commit())
        else:
            self._commit_elsewhere(self._writer, finish)

    def _abort(self, operations: list[_Operation[Any]], error: Exception) -> None:
        logger.error("a transaction failed", exc_info=error)
        if self._connection.in_transaction:
            self._connection.execute("rollback")
        for operation in operations:
            operation.finish(error)
        asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self.poke)
        self._next()

    def _commit(self) -> BaseException | None:
        try:
            self._connection.execute("commit")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("rollback")
            return error
        return None

    def _commit_elsewhere(self, writer: ThreadPoolExecutor, finish: Callable[[BaseException | None], None]) -> None:
        loop = asyncio.get_running_loop()

        def done(future: ThreadFuture[BaseException | None]) -> None:
            loop.call_soon_threadsafe(finish, future.exception() or future.result())

        writer.submit(self._commit).add_done_callback(done)

    def _next(self) -> None:
        if self._operations or self._asked:
            asyncio.get_running_loop().call_soon(self._transact)
        else:
            self._busy = False
            self._idle.set()
