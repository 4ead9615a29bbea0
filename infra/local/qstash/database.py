"""Open the SQLite database that holds a broker's state."""

import sqlite3
from importlib.resources import files
from pathlib import Path

from infra.local.qstash.errors import BrokerError

SCHEMA_VERSION = 1


class DataInUseError(BrokerError):
    """Another broker has the data folder open."""


def open_database(data: Path | None) -> sqlite3.Connection:
    """Return a connection to the database in folder `data`, or to one in memory.

    The folder is created. The connection may be used from any thread, by one at a time.
    Raises `DataInUseError` when another broker has it open.
    """
    if data is None:
        connection = _connect(":memory:")
    else:
        data.mkdir(parents=True, exist_ok=True)
        connection = _connect(str(data / "qstash.db"))
    try:
        _prepare(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" in str(error):
            raise DataInUseError(f"another broker uses the data folder {data}") from error
        raise
    return connection


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=1)
    connection.row_factory = sqlite3.Row
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    # The exclusive lock keeps a second broker out and spares the shared-memory file.
    connection.execute("pragma locking_mode = exclusive")
    connection.execute("pragma journal_mode = wal")
    # Every commit reaches the disk before it is answered.
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma cache_size = -16000")
    version: int = connection.execute("pragma user_version").fetchone()[0]
    if version not in (0, SCHEMA_VERSION):
        raise BrokerError(f"the data was written by another version of the broker (schema {version})")
    connection.executescript(files("infra.local.qstash").joinpath("schema.sql").read_text(encoding="utf-8"))
    connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
