"""Services, hours, free slots and appointments."""

from shared.assistants.texts.catalog.calendar import CalendarTexts

TEXTS = CalendarTexts(
    list_services=(
        "Lists the services of the business with price and duration. A price or duration of null means: not "
        "stated. It is the only source of services and prices."
    ),
    business_hours=(
        "Tells the opening hours, the local date and time, and whether the business is open now. "
        "Empty intervals mean closed all day; null means: not stated."
    ),
)
