"""Services, hours, free slots and appointments."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CalendarTexts:
    """The texts of this topic in one locale."""

    list_services: str  #: tool
    business_hours: str  #: tool
