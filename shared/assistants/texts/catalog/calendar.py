"""Services, hours, free slots and appointments."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CalendarTexts:
    """The texts of this topic in one locale."""

    list_services: str  #: tool
    business_hours: str  #: tool
    free_slots: str  #: tool
    book_appointment: str  #: tool
    my_appointments: str  #: tool
    reschedule_appointment: str  #: tool
    cancel_appointment: str  #: tool
    confirm_appointment: str  #: tool
    join_waiting_list: str  #: tool
    leave_waiting_list: str  #: tool

    months: tuple[str, str, str, str, str, str, str, str, str, str, str, str]  #: January first
    day: str  #: {weekday} {day} {month}
    day_of_year: str  #: {weekday} {day} {month} {year}; for a day of another year
    moment: str  #: {day} {time}
    not_stated: str  #: a price

    book_preview: str  #: {service} {moment} {price}
    move_preview: str  #: {service} {before} {moment}
    cancel_preview: str  #: {service} {moment}
    for_whom: str  #: {name}; a line of a preview

    no_duration: str  #: to the model: a service that cannot be booked
    unknown_dependent: str  #: to the model: somebody is not known yet
    too_late: str  #: {notice}; to the model: an appointment that can no longer be changed
    minutes: str  #: {count}
    hours: str  #: {count}
    one_hour: str
    hours_and_minutes: str
