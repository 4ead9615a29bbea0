"""What Aurora's tools do, and her words about the business."""

from shared.assistants.texts.catalog.owner import OwnerTexts

TEXTS = OwnerTexts(
    today_summary=(
        "Gives today's figures: appointments, revenue, new contacts, conversations and the next appointments. "
        "A value of null means: no data, never zero."
    ),
    find_contact=(
        "Finds customers by part of the name or phone number. Gives the last message received (last_seen), the "
        "number of bookings and the next one. query: at least two characters."
    ),
)
