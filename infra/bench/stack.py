"""Measure the stack: `python -m infra.bench.stack`. Time until ready, first and second start, and memory when idle.

Memory is the proportional set size of all processes together, so that shared pages count once; Linux only.
"""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import typer

from infra.local.environment import address
from infra.local.scratch import scratch_folder

BASE_PORT = 28_800
READY_SECONDS = 5.0
MEMORY_MIB = 250.0
IDLE_SECONDS = 3.0


@dataclass(frozen=True)
class Start:
    """One start of the stack."""

    seconds: float  #: until it said ready
    mebibytes: float  #: of all its processes, after every function answered once


def start(data: Path) -> Start:
    """Start the stack, use it once, let it idle, and stop it."""
    command = [str(Path(sys.executable).with_name("aurora")), "dev", "--data", str(data), "--base-port", str(BASE_PORT)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in process.stdout:
            if line.strip() == "ready":
                break
        seconds = time.perf_counter() - began
        httpx.get(f"{address(BASE_PORT)}/health/ready", timeout=10.0).raise_for_status()
        time.sleep(IDLE_SECONDS)
        mebibytes = sum(map(_proportional_size, _family(process.pid))) / 1024
        process.send_signal(signal.SIGINT)
    return Start(seconds, mebibytes)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _proportional_size(pid: int) -> int:
    """Return a process's proportional set size in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> int:
    """Print the figures; return 0 when they keep the budgets."""
    with scratch_folder() as data:
        first, second = start(data), start(data)
    typer.echo(f"first start   {first.seconds:5.2f} s   (budget {READY_SECONDS:.0f} s)")
    typer.echo(f"second start  {second.seconds:5.2f} s   (budget {READY_SECONDS:.0f} s)")
    typer.echo(f"idle memory   {second.mebibytes:5.1f} MiB (budget {MEMORY_MIB:.0f} MiB)")
    return 0 if max(first.seconds, second.seconds) < READY_SECONDS and second.mebibytes < MEMORY_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
