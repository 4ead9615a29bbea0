"""What acceptance tests share: they run the commands that a user runs."""

import os
import secrets
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen, run

import pytest

from infra.local.scratch import scratch_folder

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
PORTS = 7
PATIENCE = 120


class Commands:
    """Runs `aurora …` as a user does, with nothing of this process's environment but PATH and HOME."""

    def __init__(self) -> None:
        self._started: list[Popen[str]] = []

    def run(self, *arguments: str, variables: Mapping[str, str] | None = None) -> CompletedProcess[str]:
        """Run a command to its end."""
        return run(  # noqa: S603 - our own command
            self._command(arguments),
            cwd=ROOT,
            env=self._environment(variables),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def start(
        self, *arguments: str, until: str = "ready", variables: Mapping[str, str] | None = None
    ) -> tuple[Popen[str], list[str]]:
        """Start a command that stays up and return it with the lines it printed up to `until`."""
        process = Popen(  # noqa: S603 - our own command
            self._command(arguments), cwd=ROOT, env=self._environment(variables), stdout=PIPE, stderr=PIPE, text=True
        )
        self._started.append(process)
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if lines[-1] == until:
                return process, lines
        _, errors = process.communicate()
        pytest.fail(f"aurora {' '.join(arguments)} ended before {until!r}: {errors}")

    def stop(self, process: Popen[str]) -> int:
        """Press Ctrl-C and return the exit status."""
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        return process.returncode

    def close(self) -> None:
        """End what still runs."""
        for process in self._started:
            process.kill()
            process.communicate()

    @staticmethod
    def _command(arguments: tuple[str, ...]) -> list[str]:
        return [str(Path(sys.executable).with_name("aurora")), *arguments]

    @staticmethod
    def _environment(variables: Mapping[str, str] | None) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**inherited, **(variables or {})}


@pytest.fixture
def aurora() -> Iterator[Commands]:
    """The command line."""
    commands = Commands()
    yield commands
    commands.close()


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder for a stack's state, deleted afterwards."""
    with scratch_folder() as folder:
        yield folder


@pytest.fixture
def base_port() -> str:
    """The first of seven ports that nobody listens on."""
    for _ in range(100):
        base = 20_000 + secrets.randbelow(10_000)
        if all(_is_free(base + offset) for offset in range(PORTS)):
            return str(base)
    raise RuntimeError("no seven free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0
