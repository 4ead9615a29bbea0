"""The launcher of PostgreSQL: data survive, predecessors and parents that were killed do no harm."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.children import FolderInUseError, ServerStartError, command_line
from infra.local.installations import find_bin_folder
from infra.local.postgres import UNPRIVILEGED_USER, PostgresServer

AS_ROOT = os.geteuid() == 0
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
INSTALLS = [None, *([DEBIAN_15] if DEBIAN_15.is_dir() else [])]

# A process that starts a server, tells its process id and port, and then waits to be killed.
PARENT = """
import sys, time
from pathlib import Path
from infra.local.postgres import PostgresServer
server = PostgresServer(Path(sys.argv[1]), durable=False)
server.start()
print(server.pid, server.dsn(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process of ours that runs a server in `tmp_path / "server"`."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", PARENT, tmp_path / "server"], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()
    with PostgresServer(tmp_path / "server", durable=False):
        pass  # takes over from the killed one, so nothing is left running


def said(parent: subprocess.Popen[str]) -> tuple[int, str]:
    assert parent.stdout is not None
    pid, dsn = parent.stdout.readline().split()
    return int(pid), dsn


def ask(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def run(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def watchers_of(tmp_path: Path) -> list[int]:
    """The shells that wait for the end of a server's parent."""
    processes = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    lines = {process: command_line(process) for process in processes}
    return [process for process, line in lines.items() if line.startswith("/bin/sh -c") and str(tmp_path) in line]


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while command_line(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.01)


@pytest.mark.parametrize("bin_folder", INSTALLS, ids=str)
@pytest.mark.parametrize("durable", [True, False], ids=["durable", "fast"])
def test_data_survive_a_restart(tmp_path: Path, bin_folder: Path | None, durable: bool) -> None:
    """What was committed is there after a stop and a new start, with every installation on this machine."""
    server = PostgresServer(tmp_path / "server", durable=durable, bin_folder=bin_folder)
    with server, psycopg.connect(server.dsn()) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('ação')")
    with PostgresServer(tmp_path / "server", durable=durable, bin_folder=bin_folder) as again:
        assert ask(again.dsn(), "select word from kept") == "ação"
        assert ask(again.dsn(), "show fsync") == ("on" if durable else "off")


def test_the_server_is_small_and_private(postgres_server: PostgresServer) -> None:
    """It listens on this machine only, speaks UTC and UTF-8, and a login needs the password."""
    dsn = postgres_server.dsn()
    assert ask(dsn, "show listen_addresses") == "127.0.0.1"
    assert ask(dsn, "show timezone") == "UTC"
    assert ask(dsn, "show server_encoding") == "UTF8"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(dsn, password="guessed")


def test_database_names_are_quoted_in_the_address(postgres_server: PostgresServer) -> None:
    """A name with signs that mean something in a URI is still that name."""
    name = "a/b?c=d é"
    with psycopg.connect(postgres_server.dsn(), autocommit=True) as connection:
        connection.execute('create database "a/b?c=d é"')
        assert ask(postgres_server.dsn(name), "select current_database()") == name
        connection.execute('drop database "a/b?c=d é"')


@pytest.mark.skipif(not AS_ROOT, reason="only root has rights to drop")
def test_root_drops_its_rights_for_the_server(postgres_server: PostgresServer) -> None:
    """The server of root runs as nobody."""
    assert Path(f"/proc/{postgres_server.pid}").stat().st_uid == UNPRIVILEGED_USER


@pytest.mark.skipif(not AS_ROOT, reason="for others than root every folder of theirs will do")
def test_root_may_keep_its_data_in_a_closed_folder(tmp_path: Path) -> None:
    """Data and programs out of nobody's reach are put where it can read them, and found again until deleted."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = find_bin_folder().parent.parent
    install = closed / "venv" / package.name / "install"
    shutil.copytree(find_bin_folder().parent, install, symlinks=True)
    if (libraries := package.with_suffix(".libs")).is_dir():
        shutil.copytree(libraries, closed / "venv" / libraries.name)
    visits = []
    for mode in (0o700, 0o700, 0o755):
        closed.chmod(mode)  # opened later, the folder still leads to the data that there are
        server = PostgresServer(
            closed / "data", durable=False, bin_folder=install / "bin", shared_folder=tmp_path / "shared"
        )
        with server:
            run(server.dsn(), "create table if not exists visits (at timestamptz)", "insert into visits values (now())")
            visits.append(ask(server.dsn(), "select count(*) from visits"))
        assert Path((closed / "data" / "LOCATION").read_text().strip()) == server.folder
        assert server.folder.parent == tmp_path / "shared"
    assert visits == [1, 2, 3]
    shutil.rmtree(closed / "data")
    closed.chmod(0o700)
    fresh = PostgresServer(closed / "data", durable=False, shared_folder=tmp_path / "shared")
    assert not fresh.folder.exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root may act for another user")
def test_root_runs_another_users_data_as_that_user(tmp_path: Path) -> None:
    """Data that belong to a user are served as that user, so they stay theirs."""
    with PostgresServer(tmp_path / "server", durable=False):
        pass
    for path in (tmp_path / "server", *(tmp_path / "server").rglob("*")):
        os.chown(path, 12345, 12345)
    with PostgresServer(tmp_path / "server", durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == 12345


def test_a_folder_has_one_owner(tmp_path: Path, parent: subprocess.Popen[str]) -> None:
    """While one process runs the server, another is told so and disturbs nothing."""
    _, dsn = said(parent)
    with pytest.raises(FolderInUseError, match="another running process"):
        PostgresServer(tmp_path / "server").start()
    assert ask(dsn, "select 1") == 1


def test_the_server_ends_with_a_killed_parent(tmp_path: Path, parent: subprocess.Popen[str]) -> None:
    """After kill -9 of the parent the server stops by itself and the next start finds all that was committed."""
    pid, dsn = said(parent)
    run(dsn, "create table kept as select 1 as n")
    parent.kill()
    wait_until_gone(pid)
    with PostgresServer(tmp_path / "server") as server:
        assert ask(server.dsn(), "select n from kept") == 1


def test_a_successor_need_not_wait(tmp_path: Path, parent: subprocess.Popen[str]) -> None:
    """A start right after the kill takes over, whether or not the old server has ended yet."""
    pid, _ = said(parent)
    parent.kill()
    parent.wait()
    with PostgresServer(tmp_path / "server") as server:
        assert ask(server.dsn(), "select 1") == 1
        assert server.pid != pid


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the watcher is found through /proc")
def test_an_orphan_is_ended(tmp_path: Path, parent: subprocess.Popen[str]) -> None:
    """A server whose parent and watcher were both killed is stopped by the next start."""
    pid, dsn = said(parent)
    run(dsn, "create table kept ()")
    for watcher in watchers_of(tmp_path):
        os.kill(watcher, signal.SIGKILL)
    parent.kill()
    parent.wait()
    assert ask(dsn, "select 1") == 1
    with PostgresServer(tmp_path / "server") as server:
        assert ask(server.dsn(), "select to_regclass('kept')::text") == "kept"
    assert not command_line(pid)


def test_a_crash_of_the_server_is_recovered(tmp_path: Path) -> None:
    """A server killed in the middle comes up again with what was committed, in spite of its stale files."""
    server = PostgresServer(tmp_path / "server")
    server.start()
    run(server.dsn(), "create table kept as select 1 as n")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    with PostgresServer(tmp_path / "server") as again:
        assert ask(again.dsn(), "select n from kept") == 1


def test_a_stale_pid_file_that_names_a_stranger_is_ignored(tmp_path: Path) -> None:
    """After a reboot the number in the file may belong to any process; it is left alone."""
    with PostgresServer(tmp_path / "server", durable=False):
        pass
    (tmp_path / "server" / "server.pid").write_text(f"{os.getpid()}\n")
    (tmp_path / "server" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")
    with PostgresServer(tmp_path / "server", durable=False) as server:
        assert ask(server.dsn(), "select 1") == 1


def test_an_interrupted_creation_is_begun_anew(tmp_path: Path) -> None:
    """Half-made data of a killed first start are thrown away."""
    unfinished = tmp_path / "server" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with PostgresServer(tmp_path / "server", durable=False) as server:
        assert ask(server.dsn(), "select 1") == 1


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """A fixed port that is taken is an error with the server's own words, and the folder is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerStartError, match=rf"port {port}(.|\n)*Address already in use"):
            PostgresServer(tmp_path / "server", port=port, durable=False).start()
    with PostgresServer(tmp_path / "server", port=port, durable=False) as server:
        assert f":{port}/" in server.dsn()


def test_data_of_another_version_are_refused(tmp_path: Path) -> None:
    """The error names both versions and the way out."""
    with PostgresServer(tmp_path / "server", durable=False):
        pass
    (tmp_path / "server" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerStartError, match="made by PostgreSQL 9"):
        PostgresServer(tmp_path / "server").start()


def test_errors_do_not_put_values_into_the_log(tmp_path: Path) -> None:
    """What customers write may be in a failing statement; the log never repeats it."""
    with PostgresServer(tmp_path / "server", durable=False) as server:
        for statement in (
            "select 'secret text'::integer",
            "create table t (v text unique)",
            "select 1/0 as secret_text",
        ):
            with contextlib.suppress(psycopg.Error):
                run(server.dsn(), statement)
        with contextlib.suppress(psycopg.Error):
            run(server.dsn(), "insert into t values ('secret text'), ('secret text')")
        log = (tmp_path / "server" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "secret" not in log


def test_the_installation_can_be_named(tmp_path: Path) -> None:
    """AURORA_PG_BIN chooses the programs and a wrong one is named."""
    found = find_bin_folder()
    kept = os.environ.pop("AURORA_PG_BIN", None)
    try:
        os.environ["AURORA_PG_BIN"] = str(tmp_path)
        with pytest.raises(ServerStartError, match=str(tmp_path)):
            find_bin_folder()
        os.environ["AURORA_PG_BIN"] = str(found)
        assert find_bin_folder() == found
    finally:
        os.environ.pop("AURORA_PG_BIN", None)
        if kept is not None:
            os.environ["AURORA_PG_BIN"] = kept
