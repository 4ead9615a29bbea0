"""Group commit."""

import asyncio
import functools
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from infra.local.qstash.clock import Clock
from infra.local.qstash.database import DataInUseError, open_database
from infra.local.qstash.journal import Journal, Transaction


@pytest.fixture(params=[True, False], ids=["on disk", "in memory"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal(open_database(tmp_path if request.param else None), Clock(), durable=request.param)
    yield journal
    await journal.close()


def store(tx: Transaction, name: str) -> None:
    tx.execute("insert into settings values (?, '1')", (name,))


def names(tx: Transaction) -> list[str]:
    return [row["name"] for row in tx.execute("select name from settings order by name")]


async def test_many_operations_share_one_transaction(journal: Journal) -> None:
    """What is asked for at the same time is committed together."""
    commits = 0

    def count(tx: Transaction) -> Callable[[bool], None]:
        nonlocal commits
        commits += 1
        return lambda committed: None

    journal.before_commit = count
    await asyncio.gather(*(journal.run(functools.partial(store, name=f"{n:03}")) for n in range(100)))
    assert commits == 1
    assert len(await journal.run(names)) == 100


async def test_a_failed_operation_is_undone_alone(journal: Journal) -> None:
    """Its error goes to its caller; the others in the transaction are kept."""

    def fail(tx: Transaction) -> None:
        store(tx, "half")
        raise ValueError("no")

    results = await asyncio.gather(
        journal.run(lambda tx: store(tx, "before")),
        journal.run(fail),
        journal.run(lambda tx: store(tx, "after")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert await journal.run(names) == ["after", "before"]


async def test_an_error_at_the_end_of_the_transaction_reaches_everybody(journal: Journal) -> None:
    """Nobody waits for ever, nothing is half stored, and the journal goes on."""

    def fail(tx: Transaction) -> Callable[[bool], None]:
        raise sqlite3.OperationalError("disk I/O error")

    usual, journal.before_commit = journal.before_commit, fail
    with pytest.raises(sqlite3.OperationalError):
        await journal.run(lambda tx: store(tx, "lost"))
    journal.before_commit = usual
    assert await journal.run(names) == []


async def test_a_full_disk_fails_everybody_and_passes(journal: Journal) -> None:
    """SQLite then undoes the whole transaction by itself: all callers learn it, and once there is room it goes on."""
    await journal.run(lambda tx: tx.execute("pragma max_page_count = 60").fetchone())
    results = await asyncio.gather(
        journal.run(lambda tx: store(tx, "small")),
        journal.run(lambda tx: store(tx, "x" * 1_000_000)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [sqlite3.OperationalError] * 2
    await journal.run(lambda tx: tx.execute("pragma max_page_count = 100000").fetchone())
    await journal.run(lambda tx: store(tx, "after"))
    assert await journal.run(names) == ["after"]


async def test_a_caller_that_gives_up_does_not_disturb(journal: Journal) -> None:
    """What it asked for happens all the same, and the others get their answers."""
    task = asyncio.create_task(journal.run(lambda tx: store(tx, "abandoned")))
    await asyncio.sleep(0)
    task.cancel()
    await journal.run(lambda tx: store(tx, "kept"))
    assert await journal.run(names) == ["abandoned", "kept"]


async def test_one_folder_serves_one_broker(tmp_path: Path) -> None:
    """A second broker on the same data is refused with the reason."""
    first = open_database(tmp_path)
    with pytest.raises(DataInUseError, match="another broker uses the data folder"):
        open_database(tmp_path)
    first.close()
    open_database(tmp_path).close()
