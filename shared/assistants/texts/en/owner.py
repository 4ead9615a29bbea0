"""What Aurora's tools do, and her words about the business."""

from shared.assistants.texts.catalog.owner import OwnerTexts

_WHOSE = "contact is the name or phone as the owner wrote it; if it is ambiguous, ask which of the choices."
_WHICH = "date (YYYY-MM-DD) and time (HH:MM) say which booking when there are several."
_PROPOSES = "Only proposes: nothing changes until the owner replies 1, 2 or 3 in a later message."

TEXTS = OwnerTexts(
    figures=(
        "Gives the figures of today, this week or this month so far: appointments, revenue, new contacts, "
        "conversations "
        "and what the AI model cost (in the currency of the model's prices). Each comes as now, before (the "
        "same part of "
        "the earlier period, see compared_with) and change. null means: no data, never zero. completed_without_price "
        "are completed ones without an amount, missing from the revenue."
    ),
    agenda=(
        "Shows the appointments and blocked times of a day or several in a row: date is YYYY-MM-DD (today without it), "
        "days is how many (1 to 14)."
    ),
    open_slots=(
        "Shows the free slots of a day (without date: today and the two days after) and the clients who fit "
        "them: first "
        "those on the waiting list (waiting_list), then those who are due (due), with each one's rhythm. Without "
        "service, the slots are those of the shortest one. reason says why there is no slot."
    ),
    find_contact=(
        "Finds customers by part of the name, by the name of a pet or dependent, or by a phone number in any "
        "form. Gives "
        "the last message received (last_seen), the number of bookings and the next one. query: at least two "
        "characters."
    ),
    contact_history=(
        "Shows a customer's history: bookings, totals, pets and dependents, how many messages and when, questions and "
        f"messages sent by the business. {_WHOSE}"
    ),
    inactive_clients=(
        "Lists the customers who neither wrote nor came for days days (30 if not said) and have no booking to come. "
        "total null means: nobody is known for so long, no data. opted_out does not want messages."
    ),
    birthdays=(
        "Lists the birthdays of customers and of their pets and dependents, from today to days days ahead (7 if not "
        "said). birthdays null means: no birth date is known, no data."
    ),
    waiting_list="Lists who waits for a slot, for which service and since when, first come first.",
    book_for_client=(
        f"Proposes a booking for a customer. {_PROPOSES} date is YYYY-MM-DD, time is HH:MM. The owner may "
        "book outside the "
        "business hours and without notice, never where something is taken or blocked: then unavailable says why and "
        f"alternatives gives the nearest free slots. {_WHOSE}"
    ),
    move_booking=(
        f"Proposes to move a customer's booking to come to new_date and new_time. {_PROPOSES} {_WHICH} {_WHOSE}"
    ),
    cancel_booking=f"Proposes to cancel a customer's booking to come. {_PROPOSES} {_WHICH} {_WHOSE}",
    block_time=(
        f"Proposes to block the day date (YYYY-MM-DD) or a part of it, from start to end (HH:MM). {_PROPOSES} "
        "Without start "
        "and end, the whole day. What is booked already stays booked."
    ),
    mark_no_show=(
        "Proposes to note that a customer did not come to a booking that has begun; without a date, the newest. "
        f"{_PROPOSES} {_WHICH} {_WHOSE}"
    ),
    mark_paid=(
        "Proposes to note that a booking was paid; without a date, the newest that is not. amount is what "
        "the owner said, "
        f"such as 120.50; without it, the price agreed. {_PROPOSES} Asks for a code. {_WHICH} {_WHOSE}"
    ),
    handed_over_conversations=(
        "Lists the conversations that a person answers, since when, why and how many messages are unanswered."
    ),
    take_over=f"Gives the conversation with a customer to a person, at once: the assistant is silent in it. {_WHOSE}",
    return_conversation=f"Gives the conversation with a customer back to the assistant, at once. {_WHOSE}",
    pause_assistant=(
        "Pauses the assistant for all customers, at once. Use only when the owner asks to pause everything."
    ),
    resume_assistant="Switches the customers' assistant on again, at once.",
    book_preview="*Book for {client}*\nService: {service}\nWhen: {moment}\nPrice: {price}",
    move_preview="*Move {client}*\nService: {service}\nFrom: {moment}\nTo: {new_moment}",
    cancel_preview="*Cancel for {client}*\nService: {service}\nWhen: {moment}",
    no_show_preview="*Note a no-show of {client}*\nService: {service}\nWhen: {moment}",
    paid_preview="*Note a payment of {client}*\nAmount: {amount}{agreed}\nService: {service}\nWhen: {moment}",
    agreed_price=" (agreed: {price})",
    block_preview="*Block the agenda*\nWhen: {day}, {time}",
    whole_day="the whole day",
    block_reason="Reason: {reason}",
    standing_bookings="Booked in that time already, and still booked: {count} ({bookings})",
    beyond_the_rules={
        "closed": "Outside the business hours.",
        "not_stated": "The business hours of that day are not stated.",
        "too_soon": "At shorter notice than customers may book.",
        "too_far": "Further ahead than customers may book.",
    },
    not_stated="not stated",
    nameless="a customer without a name",
    ask_amount="The booking has no price agreed: ask the owner how much was paid.",
    taken_over_note=(
        "The assistant no longer answers this customer until somebody returns the conversation. Tell the owner."
    ),
    returned_note="The assistant answers this customer's next message. Tell the owner.",
)
