"""What Aurora's tools do, and her words about the business."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OwnerTexts:
    """The texts of this topic in one locale."""

    today_summary: str  #: tool
    find_contact: str  #: tool
