"""An event loop in which no time passes while something happens, and none is waited for when nothing does."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from infra.errors import InfraError

T = TypeVar("T")


class StalledError(InfraError):
    """Everything waits for something that can never happen."""


class _SkippingSelector(selectors.DefaultSelector):
    """Lets the time that the loop wants to wait have passed at once."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StalledError("the simulation stands still: every task waits and no timer is set")
        self.elapsed += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Sleeping, time limits and timers of asyncio in virtual seconds, in the same order for the same program."""

    def __init__(self) -> None:
        self._skipping = _SkippingSelector()
        super().__init__(self._skipping)

    def run_in_executor(self, executor: object, func: Callable[..., object], *args: object) -> NoReturn:
        """Refuse: a thread takes real time, and what asks for one mostly asks for the network."""
        raise StalledError(f"the simulation has no threads: {func} was to run in one")

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._skipping.elapsed


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a virtual loop and return its result. Raises `StalledError` instead of waiting for ever."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
