"""Run a server as a child process that owns its folder alone and does not outlive this process."""

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from infra.errors import InfraError

# The shell notes its process id, leaves a watcher behind and becomes the server, so the server keeps that process id.
# The watcher blocks on a pipe whose only writing end is ours: the end of the pipe means that we died, by whatever
# signal, while a line means an orderly stop. Unlike PR_SET_PDEATHSIG this does not depend on the thread that started
# the child and works on macOS as well.
_GUARD = """
echo $$ > "$1"; stop_signal=$2; shift 2
exec 3<&0
( { read -r _ <&3 || kill -s "$stop_signal" $$; } > /dev/null 2>&1 & )
exec "$@" < /dev/null 3<&-
"""
_POLL_SECONDS = 0.005


class ServerStartError(InfraError):
    """A server of the embedded stack could not be started; the message tells the cause and the end of its log."""


class FolderInUseError(ServerStartError):
    """Another running process of ours owns the folder."""


class ChildProcess:
    """One server process, its folder, its log and the lock that keeps a second owner away.

    `folder` holds `owner.lock`, `server.pid` and `<name>.log` (the run before is kept as `<name>.log.previous`).
    `user` is the numeric user and group that the server runs as; None keeps ours.
    """

    def __init__(self, name: str, folder: Path, *, stop_signal: signal.Signals, user: int | None = None) -> None:
        self.name = name
        self.folder = folder
        self.log_file = folder / f"{name}.log"
        self._stop_signal = stop_signal
        self._user = user
        self._pid_file = folder / "server.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server, None before `run`."""
        return self._process.pid if self._process else None

    @property
    def exit_status(self) -> int | None:
        """The exit status of a server that ended, None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def claim(self) -> None:
        """Take the folder for this process and end a server that a killed predecessor left behind.

        Raises `FolderInUseError` when the predecessor is alive.
        """
        lock = (self.folder / "owner.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise FolderInUseError(f"{self.name}: another running process uses the folder {self.folder}") from error
        self._lock = lock
        self._end_predecessor()

    def run(self, command: Sequence[str | Path]) -> None:
        """Start `command`; its arguments must name the folder, by which a successor recognises it."""
        if self.log_file.exists():
            self.log_file.replace(self.log_file.with_suffix(".log.previous"))
        signal_name = self._stop_signal.name.removeprefix("SIG")
        guarded: list[str | Path] = ["/bin/sh", "-c", _GUARD, self.name, self._pid_file, signal_name, *command]
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command is made by the launchers beside this file
                guarded,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is ours to handle, not the server's
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )

    def end(self, *, timeout: float = 20.0) -> None:
        """End the server, by force after `timeout` seconds; the folder stays ours."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(self._stop_signal)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(BrokenPipeError):
            process.communicate(b"\n")  # the watcher leaves without a signal
        self._pid_file.unlink(missing_ok=True)

    def release(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def failure(self, what: str) -> ServerStartError:
        """Return the error to raise when the server failed: `what` went wrong and the last lines of the log."""
        return ServerStartError(f"{self.name}: {what}; the end of {self.log_file}:\n{self.log_tail()}")

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of this run's log."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    def _end_predecessor(self, timeout: float = 20.0) -> None:
        pid = self._predecessor()
        if pid is None:
            return
        for stop_signal, patience in ((self._stop_signal, timeout), (signal.SIGKILL, timeout)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, stop_signal)
            if self._gone(pid, patience):
                return
        raise ServerStartError(f"{self.name}: process {pid} of a predecessor still uses {self.folder} and does not end")

    def _gone(self, pid: int, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while self._serves(pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _predecessor(self) -> int | None:
        """The process id that the pid file names, if that process is still a server on this folder."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if self._serves(pid) else None

    def _serves(self, pid: int) -> bool:
        """Whether a process names the folder itself, or something in it, in its command line."""
        return re.search(rf"{re.escape(str(self.folder))}(/|\s|$)", command_line(pid)) is not None


def command_line(pid: int) -> str:
    """Return the command line of a process, empty when it does not run."""
    entry = Path("/proc") / str(pid) / "cmdline"
    if Path("/proc/self/cmdline").exists():
        try:
            return entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    listing = subprocess.run(  # noqa: S603 - fixed program, numeric argument
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listing.stdout
