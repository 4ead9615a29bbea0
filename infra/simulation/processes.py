"""The processes that functions run in: each may end between any two calls, and then nothing of it goes on."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field

#: The process that the present code runs in.
current_process: ContextVar["Process"] = ContextVar("current_process")


def _unresolved() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False)
class Process:
    """One process of one function, running one request at a time."""

    name: str
    death: asyncio.Future[None] = field(default_factory=_unresolved)
    calls: int = 0  #: to the outside, over its life

    @property
    def is_dead(self) -> bool:
        return self.death.done()

    def kill(self) -> None:
        """End the process: whatever of it waits now waits for ever, and no handler runs."""
        if not self.death.done():
            self.death.set_result(None)

    async def die(self) -> None:
        """End the process in the middle of its own code; never returns."""
        self.kill()
        await _unresolved()
