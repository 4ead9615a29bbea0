"""When something can be booked: a business's calendar and its free slots, without input and output.

`Calendar` is what `api.calendar` answers. `free_days` walks through local dates and tells each one's free slots, or why
it has none; `slot_at` tells whether one wished time can be had; `nearest` finds what is free around it; `usage_between`
tells how much of the working time is taken. Days and times of day are the business's own; moments are aware. Whoever
books for an owner takes `calendar.for_owner()`.
"""

from shared.calendar.slots import free_days, free_slots, most_telling, nearest, slot_at
from shared.calendar.usage import FreeTime, Usage, day_of, usage_between
from shared.calendar.values import (
    BookableService,
    BookingRules,
    Busy,
    Calendar,
    Day,
    PartOfDay,
    Resource,
    Slot,
    Unavailable,
)

__all__ = [
    "BookableService",
    "BookingRules",
    "Busy",
    "Calendar",
    "Day",
    "FreeTime",
    "PartOfDay",
    "Resource",
    "Slot",
    "Unavailable",
    "Usage",
    "day_of",
    "free_days",
    "free_slots",
    "most_telling",
    "nearest",
    "slot_at",
    "usage_between",
]
