"""Services, hours, free slots and appointments."""

from shared.assistants.texts.catalog.calendar import CalendarTexts

TEXTS = CalendarTexts(
    list_services=(
        "Lists the services of the business with price and duration. A price or duration of null means: not stated. "
        "It is the only source of services and prices."
    ),
    business_hours=(
        "Tells the opening hours, the local date and time, whether the business is open now and, in closed_ahead, "
        "the blocked time of the next 30 days, such as holidays. Empty intervals mean closed all day; null means: "
        "not stated."
    ),
    free_slots=(
        "Shows the free times of a service: on one date or, without a date, on the next days that have any. It is "
        "the only source of free times: never offer another one. date is YYYY-MM-DD. Without times, reason says why: "
        "closed, not_stated (the opening hours are not stated), taken, blocked, too_soon (too short notice), too_far "
        "(too far ahead), past; next_free is the next free time or null."
    ),
    book_appointment=(
        "Proposes an appointment: it is not booked yet, only once the customer agrees in another message. date is "
        "YYYY-MM-DD, time is HH:MM. for_whom is the name of who comes (a pet, for example), if the customer said it. "
        "When it cannot be had, unavailable says why and alternatives holds the nearest free times."
    ),
    my_appointments=("Lists this customer's coming appointments, numbered, and the waiting lists the customer is on."),
    reschedule_appointment=(
        "Proposes to move an appointment of this customer to another date and time: it is not moved yet, only once "
        "the customer agrees in another message. appointment is the number in my_appointments; without it, the only "
        "one."
    ),
    cancel_appointment=(
        "Proposes to cancel an appointment of this customer: it is not cancelled yet, only once the customer agrees "
        "in another message. appointment is the number in my_appointments; without it, the only one."
    ),
    confirm_appointment=(
        "Notes at once that the customer confirms to come. Use it only when the customer said so. appointment is the "
        "number in my_appointments; without it, the only one."
    ),
    join_waiting_list=(
        "Puts the customer on the waiting list of a service at once, when the customer wants it and no free time "
        "suits. Without a date any day is meant. It promises no appointment."
    ),
    leave_waiting_list=("Takes the customer off the waiting list of a service at once or, without a service, off all."),
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    day="{weekday}, {day} {month}",
    day_of_year="{weekday}, {day} {month} {year}",
    moment="{day} at {time}",
    not_stated="not stated",
    book_preview="*Book: {service}*\nWhen: {moment}\nPrice: {price}",
    move_preview="*Move: {service}*\nFrom: {before}\nTo: {moment}",
    cancel_preview="*Cancel: {service}*\nWhen: {moment}",
    for_whom="For: {name}",
    no_duration=("The duration of this service is not stated, so it cannot be booked here. Offer to call the team."),
    unknown_dependent=(
        "This person or pet is not on this customer's record. Note it with remember_dependent, if the customer said "
        "who it is, and try again; if the appointment is for the customer, leave for_whom empty."
    ),
    too_late=(
        "It is less than {notice} until this appointment: it can no longer be changed here. Offer to call the team."
    ),
    minutes="{count} min",
    hours="{count} hours",
    one_hour="1 hour",
    hours_and_minutes="{hours} h {minutes:02} min",
)
