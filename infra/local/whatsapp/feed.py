"""Live changes for whoever watches: the chat page, the demo, a test."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_BACKLOG = 1000


@dataclass(frozen=True)
class Change:
    """One live change; `revision` is set on messages, so that a reader can resume."""

    kind: str
    data: dict[str, Any]
    revision: int | None = None

    def as_event(self) -> str:
        """Return the change as a server-sent event."""
        resume = "" if self.revision is None else f"id: {self.revision}\n"
        return f"event: {self.kind}\n{resume}data: {json.dumps(self.data, ensure_ascii=False)}\n\n"


class Feed:
    """Hands every change to all subscribers; a subscriber that stops reading is cut off and may resume."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Change | None]] = set()

    @contextlib.contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[Change | None]]:
        """Yield a queue of changes; None is the end."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def publish(self, change: Change) -> None:
        """Hand a change to everyone who watches now."""
        for queue in list(self._queues):
            if queue.qsize() < _BACKLOG:
                queue.put_nowait(change)
            else:
                self._end(queue)

    def close(self) -> None:
        """End all subscriptions."""
        for queue in list(self._queues):
            self._end(queue)

    def _end(self, queue: asyncio.Queue[Change | None]) -> None:
        self._queues.discard(queue)
        queue.put_nowait(None)
