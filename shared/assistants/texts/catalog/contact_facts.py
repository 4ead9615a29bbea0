"""What customers say of themselves."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ContactFactTexts:
    """The texts of this topic in one locale."""

    remember_customer: str  #: tool
    remember_dependent: str  #: tool
