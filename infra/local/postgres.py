"""Run PostgreSQL as a child process: no container, no system service, no system user of its own."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

from infra.local.children import ChildProcess, ServerStartError
from infra.local.installations import copy_install, find_bin_folder, major_version, make_open, open_to_others

HOST = "127.0.0.1"
SUPERUSER = "postgres"
# PostgreSQL refuses to run as root; 65534 is `nobody`, which exists wherever root does.
UNPRIVILEGED_USER = 65534
# Where root keeps what the unprivileged user must reach, when the wanted folder lies inside a closed one.
SHARED_FOLDER = Path("/var/lib/aurora")

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.005
_TRANSIENT = ("Address already in use", "is still in use")  # a port just taken; the backends of a killed postmaster

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors quote the values that caused them, and values are customers' texts: log only the server's own events.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # A small, quiet server: no replication, no parallel workers, no compilation of queries.
    "shared_buffers": "16MB",
    "max_connections": "40",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "128MB",
    "max_worker_processes": "0",
    "max_logical_replication_workers": "0",
    "max_parallel_workers": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",
}
_SETTINGS_SINCE = {18: {"io_method": "sync", "autovacuum_worker_slots": "1"}}
_BUILTIN_LOCALE_SINCE = 17
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """A PostgreSQL server on 127.0.0.1 whose data live in `folder`; also a context manager.

    `port` 0 takes a free port. With `durable` a committed transaction survives a power cut; without, only a crash of
    this process (for tests). `bin_folder` names the installation, `find_bin_folder()` chooses one otherwise.

    Run by root, the server runs as the owner of existing data, else as user 65534; if that user cannot reach
    `folder` the data live in a folder of their own under `shared_folder`, and `folder/LOCATION` names it.
    The superuser `postgres` logs in with a password kept in the folder; `dsn` includes it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        durable: bool = True,
        bin_folder: Path | None = None,
        shared_folder: Path = SHARED_FOLDER,
    ) -> None:
        self._wanted_port = port
        self._durable = durable
        self._shared_folder = shared_folder
        self._user = _service_user(folder.absolute())
        self.folder = self._reachable_folder(folder.absolute())
        self._bin = self._reachable_bin(bin_folder or find_bin_folder())
        self._data = self.folder / "data"
        self._password_file = self.folder / "password"
        self._child = ChildProcess("postgres", self.folder, stop_signal=signal.SIGINT, user=self._user)
        self.port = port

    def start(self) -> None:
        """Start the server and return when it accepts connections; the first start creates the data.

        Raises `FolderInUseError` when another process of ours runs on the folder and `ServerStartError` with the end
        of the log when the server does not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._own(self.folder)
        self._child.claim()
        try:
            self._create_data()
            self._run()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every session, write everything to disk and stop the server. Safe to call twice."""
        self._child.end()
        self._child.release()

    @property
    def pid(self) -> int | None:
        """The process id of the server, None while it is stopped."""
        return self._child.pid

    def dsn(self, database: str = "postgres") -> str:
        """Return the connection URI of a database, for the superuser; only after `start`."""
        password = self._password_file.read_text()
        return f"postgresql://{SUPERUSER}:{password}@{HOST}:{self.port}/{quote(database, safe='')}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _create_data(self) -> None:
        if self._data.exists():
            _check_version(self._data, self._bin)
            return
        unfinished = self.folder / "data.new"  # renamed when complete, so a killed initdb is not mistaken for data
        shutil.rmtree(unfinished, ignore_errors=True)
        self._write_password()
        result = subprocess.run(  # noqa: S603 - our own command
            self._initdb_command(unfinished),
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise ServerStartError(f"postgres: initdb failed: {result.stderr.strip() or result.stdout.strip()}")
        unfinished.replace(self._data)

    def _initdb_command(self, data: Path) -> list[str | Path]:
        # macOS has no C.UTF-8; its order of texts then comes from PostgreSQL itself, where the version has it.
        locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
        command: list[str | Path] = [self._bin / "initdb", "--pgdata", data, "--username", SUPERUSER]
        command += ["--auth", "scram-sha-256", "--pwfile", self._password_file, "--encoding", "UTF8"]
        command += ["--locale", locale, *([] if self._durable else ["--no-sync"])]
        if sys.platform != "linux" and major_version(self._bin) >= _BUILTIN_LOCALE_SINCE:
            command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        return command

    def _write_password(self) -> None:
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        self._own(self._password_file)

    def _run(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            # The folder is ours and no server runs in it, so whatever process has this number now is a stranger.
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            self.port = self._wanted_port or _free_port()
            self._child.run(self._command())
            if self._ready(deadline):
                return
            failure = self._child.failure(f"the server did not start on port {self.port}")
            self._child.end()
            transient = any(text in str(failure) for text in _TRANSIENT)
            if not transient or self._wanted_port or time.monotonic() > deadline:
                raise failure

    def _ready(self, deadline: float) -> bool:
        """Wait for the state that the server notes in the last line of its pid file, as `pg_ctl` does."""
        status = self._data / "postmaster.pid"
        while self._child.exit_status is None and time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError):
                lines = status.read_text().splitlines()
                if len(lines) > 7 and lines[7].strip() == "ready":
                    return True
            time.sleep(_POLL_SECONDS)
        return False

    def _command(self) -> list[str | Path]:
        settings = _SETTINGS | {"port": str(self.port)} | ({} if self._durable else _NOT_DURABLE)
        for version, added in _SETTINGS_SINCE.items():
            settings |= added if major_version(self._bin) >= version else {}
        command: list[str | Path] = [self._bin / "postgres", "-D", self._data]
        return command + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user, self._user)

    def _reachable_folder(self, folder: Path) -> Path:
        folder.parent.mkdir(parents=True, exist_ok=True)
        location = folder / "LOCATION"
        if self._user is not None and location.exists():
            return Path(location.read_text().strip())
        if self._user is None or open_to_others(folder.parent) or _owner(folder / "data") == self._user:
            return folder
        # A new name each time: who deletes `folder` starts afresh.
        place = self._shared_folder / f"postgres-{secrets.token_hex(8)}"
        make_open(self._shared_folder)
        folder.mkdir(parents=True, exist_ok=True)
        location.write_text(f"{place}\n")
        return place

    def _reachable_bin(self, bin_folder: Path) -> Path:
        if self._user is None or open_to_others(bin_folder / "postgres"):
            return bin_folder
        return copy_install(bin_folder, self._shared_folder)


def _check_version(data: Path, bin_folder: Path) -> None:
    made_by, runs = int((data / "PG_VERSION").read_text()), major_version(bin_folder)
    if made_by != runs:
        raise ServerStartError(
            f"postgres: the data in {data} were made by PostgreSQL {made_by} but {bin_folder} holds version {runs};"
            f" set AURORA_PG_BIN to a PostgreSQL {made_by} or delete the folder to start afresh"
        )


def _service_user(folder: Path) -> int | None:
    """The user to drop to: none unless we are root, the owner of existing data, else the unprivileged user."""
    if os.geteuid() != 0:
        return None
    return _owner(folder / "data") or UNPRIVILEGED_USER


def _owner(path: Path) -> int | None:
    return path.stat().st_uid if path.exists() else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
