"""What is said when nothing of what a person sent can be understood."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MediaTexts:
    """The texts of this topic in one locale."""

    unopened: str  #: to whoever sent only what cannot be opened; at most once a day
