"""The launcher of Valkey: data survive, predecessors and parents that were killed do no harm."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.children import FolderInUseError, ServerStartError, command_line
from infra.local.valkey import ValkeyServer

PARENT = """
import sys, time
from pathlib import Path
from infra.local.valkey import ValkeyServer
server = ValkeyServer(Path(sys.argv[1]))
server.start()
print(server.pid, server.address, flush=True)
time.sleep(600)
"""


def ask(server: ValkeyServer, *command: str) -> str:
    return ask_at(server.address, *command)


def ask_at(address: str, *command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(address.removeprefix("unix://"))
        connection.sendall(" ".join(command).encode() + b"\r\nQUIT\r\n")
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode().removesuffix("+OK\r\n").strip()


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process of ours that runs a server in the test's folder."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", PARENT, tmp_path / "server"], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()
    with ValkeyServer(tmp_path / "server"):
        pass  # takes over from the killed one, so nothing is left running


def said(parent: subprocess.Popen[str]) -> tuple[int, str]:
    assert parent.stdout is not None
    pid, address = parent.stdout.readline().split()
    return int(pid), address


def test_data_survive_a_restart(tmp_path: Path) -> None:
    """What was written is there after a stop and a new start."""
    with ValkeyServer(tmp_path / "server") as server:
        assert ask(server, "SET", "key", "value") == "+OK"
    with ValkeyServer(tmp_path / "server") as again:
        assert ask(again, "GET", "key").splitlines() == ["$5", "value"]


def test_nothing_is_kept_when_asked_so(tmp_path: Path) -> None:
    """A server for tests leaves no data behind."""
    with ValkeyServer(tmp_path / "server", durable=False) as server:
        ask(server, "SET", "key", "value")
    with ValkeyServer(tmp_path / "server", durable=False) as again:
        assert ask(again, "GET", "key") == "$-1"


def test_the_server_listens_on_its_socket_only(valkey_server: ValkeyServer) -> None:
    """No port is open and nobody else may use the socket."""
    assert ask(valkey_server, "CONFIG", "GET", "port").splitlines()[-1] == "0"
    assert Path(valkey_server.address.removeprefix("unix://")).stat().st_mode & 0o077 == 0


def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    """A socket's path may only be about 100 bytes long; a longer folder gets its socket elsewhere."""
    folder = tmp_path / ("long" * 25) / "server"
    with ValkeyServer(folder) as server:
        assert ask(server, "PING") == "+PONG"
        elsewhere = Path(server.address.removeprefix("unix://")).parent
        assert elsewhere != folder
        assert (folder / "appendonlydir").is_dir()
    assert not elsewhere.exists()


def test_a_killed_server_keeps_what_was_written(tmp_path: Path) -> None:
    """After kill -9 of the server the next start has every write that was acknowledged before."""
    server = ValkeyServer(tmp_path / "server")
    server.start()
    ask(server, "SET", "key", "value")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    with ValkeyServer(tmp_path / "server") as again:
        assert ask(again, "GET", "key").splitlines() == ["$5", "value"]


def test_a_folder_has_one_owner(tmp_path: Path, parent: subprocess.Popen[str]) -> None:
    """While one process runs the server, another is told so and disturbs nothing: two would ruin the data."""
    _, address = said(parent)
    with pytest.raises(FolderInUseError, match="another running process"):
        ValkeyServer(tmp_path / "server").start()
    assert ask_at(address, "PING") == "+PONG"


def test_a_successor_takes_over_from_a_killed_parent(tmp_path: Path, parent: subprocess.Popen[str]) -> None:
    """After kill -9 of the parent the server ends, and the next start has the data."""
    pid, address = said(parent)
    ask_at(address, "SET", "key", "value")
    parent.kill()
    parent.wait()
    with ValkeyServer(tmp_path / "server") as server:
        assert not command_line(pid)
        assert ask(server, "GET", "key").splitlines() == ["$5", "value"]


def test_a_failing_start_tells_why(tmp_path: Path) -> None:
    """Damaged data are an error with the end of the server's log, and the folder is free again."""
    with ValkeyServer(tmp_path / "server") as server:
        ask(server, "SET", "key", "value")
    manifest = tmp_path / "server" / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text("nonsense\n")
    for _ in range(2):
        with pytest.raises(ServerStartError, match=r"valkey\.log(.|\n)*manifest"):
            ValkeyServer(tmp_path / "server").start()
