"""What Aurora's tools do, and her words about the business."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OwnerTexts:
    """The texts of this topic in one locale."""

    # What the tools do, as the model is told.
    figures: str
    agenda: str
    open_slots: str
    find_contact: str
    contact_history: str
    inactive_clients: str
    birthdays: str
    waiting_list: str
    book_for_client: str
    move_booking: str
    cancel_booking: str
    block_time: str
    mark_no_show: str
    mark_paid: str
    handed_over_conversations: str
    take_over: str
    return_conversation: str
    pause_assistant: str
    resume_assistant: str

    # What the owner is asked to agree to.
    book_preview: str  #: {client}, {service}, {moment}, {price}
    move_preview: str  #: {client}, {service}, {moment}, {new_moment}
    cancel_preview: str  #: {client}, {service}, {moment}
    no_show_preview: str  #: {client}, {service}, {moment}
    paid_preview: str  #: {client}, {service}, {moment}, {amount}, {agreed}
    agreed_price: str  #: {price}; after an amount that is another one
    block_preview: str  #: {day}, {time}
    whole_day: str
    block_reason: str  #: {reason}
    standing_bookings: str  #: {count}, {bookings}
    beyond_the_rules: Mapping[str, str]  #: by the rule for customers that a booking breaks, see `Unavailable`
    not_stated: str
    nameless: str

    # Notes to the model.
    ask_amount: str
    taken_over_note: str
    returned_note: str
