"""What the owners are told by the routines, and the messages to clients that these draft."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RoutineTexts:
    """The texts of this topic in one locale. Messages to clients keep {name} for the database to fill in."""

    no_data: str
    nameless: str
    person: str  #: {name}, {phone}

    # The daily summary.
    summary_title: str  #: {day}
    summary_title_so_far: str  #: {day}, {time}
    closed_day: str  #: {day}; instead of a title, on a day off without anything
    nothing_happened: str
    nothing_known: str
    figure: str  #: {label}, {now}
    figure_compared: str  #: {label}, {now}, {before}
    figure_changed: str  #: {label}, {now}, {before}, {change}
    labels: Mapping[str, str]  #: by figure
    sections: Mapping[str, str]  #: appointments, conversations
    compared_with: str  #: {day}
    nothing_before: str  #: {day}
    seconds: str  #: {count}
    tomorrow: str  #: {day}, {count}
    tomorrow_closed: str  #: {day}
    agenda_line: str  #: {time}, {service}, {client}
    for_whom: str  #: {name}
    more: str  #: {count}
    free: str  #: {times}
    free_of: str  #: {resource}, {times}
    main_resource: str  #: a resource of a business that did not name it
    fully_booked: str
    hours_not_stated: str
    suggestion: str  #: {text}
    suggestion_prompt: str  #: to the model

    # Birthdays.
    birthdays_title: str  #: {day}
    birthday_line: str  #: {person}
    birthday_of_dependent: str  #: {dependent}, {person}
    turns: str  #: {age}
    greeting_line: str  #: {text}
    unreachable: Mapping[str, str]  #: by reason of app.unreachable
    birthdays_preview: str  #: {count}, {names}
    birthdays_automatic: str  #: {count}
    birthdays_too_late: str  #: {count}, {time}
    birthdays_never: str  #: {count}
    dependents_greeting: str  #: {dependents}, and for the client {name} and {business}
    dependents_too: str  #: {dependents}; after a client's own greeting
    and_: str  #: between the last two of a list

    # Inactive clients.
    inactive_title: str  #: {days}
    inactive_line: str  #: {person}, {last_seen}, {service}, {spent}
    usual_service: str  #: {service}
    spent: str  #: {amount}
    shown_of: str  #: {shown}, {total}
    inactive_preview_one: str  #: {name}, {text}
    inactive_preview: str  #: {count}, {text}, {example}: that of the outreach texts
    returned: str  #: {day}, {returned}, {recipients}
    returned_with: str  #: {day}, {returned}, {recipients}, {amount}

    # Opportunities.
    opportunities_title: str
    low_occupancy: str  #: {percent}, {taken}, {bookable}
    occupancy_unknown: str
    waiting_line: str  #: {person}, {service}, {moment}, {value}
    due_line: str  #: {person}, {service}, {days}, {last_visit}, {moment}, {value}
    quote_line: str  #: {person}, {day}, {value}
    question_line: str  #: {person}, {day}, {value}
    no_show_line: str  #: {person}, {missed}, {of}
    no_show_next: str  #: {service}, {moment}
    no_show_at_risk: str  #: {value}
    value: str  #: {price}, {percent}, {expected}
    typical_value: str  #: the same, of a price that is only the usual one
    no_value: str  #: {percent}
    draft_line: str  #: {text}
    opportunities_preview: str  #: {count}: two or more, {messages}
    opportunity_message: str  #: {name}, {text}
    waiting_draft: str  #: {service}, {moment}, and for the client {name}
    due_draft: str  #: the same
    quote_draft: str  #: for the client {name}
    question_draft: str  #: for the client {name}
