"""One deployment of perhaps several that share a QStash account."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What is a deployment's own there."""

    name: str
    public_url: str

    @property
    def schedule_prefix(self) -> str:
        """How the ids of its schedules begin. A name has no dot, so that none begins like another's."""
        return f"{self.name}."
