"""What customers say of themselves."""

from shared.assistants.texts.catalog.contact_facts import ContactFactTexts

TEXTS = ContactFactTexts(
    remember_customer=(
        "Keeps the name or the birthday that customers told of themselves. name: what they want to be called. "
        "birthday: YYYY-MM-DD, or MM-DD when they did not say the year. Keep only what was said; never assume."
    ),
    remember_dependent=(
        "Keeps whom or what the customer cares for. kind: pet, child, vehicle or other. "
        "name: the name or, of a vehicle, the model. birthday: YYYY-MM-DD, or MM-DD when they did not say the year. "
        "details: breed, size, plate, allergies. Keep only what was said; never assume."
    ),
)
