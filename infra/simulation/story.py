"""What happened, in order: enough to understand a run, and the same for the same seed."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from infra.simulation.clocks import elapsed


@dataclass
class Story:
    """Grows while a world runs."""

    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def tell(self, who: str, what: str) -> None:
        """Add an event at the present virtual time."""
        self.lines.append(f"{elapsed():10.3f}  {who:<26} {what}")

    def count(self, what: str) -> None:
        """Count something for the report."""
        self.counts[what] += 1

    @property
    def digest(self) -> str:
        """A short fingerprint: two runs with the same one went the same way."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:12]
