"""Whether a person wants the business's own messages."""

from shared.assistants.texts.catalog.consent import ConsentTexts

TEXTS = ConsentTexts(
    opted_out=(
        "Done: we will not send you messages of our own accord any more. If you write, we still answer. "
        "To hear from us again, write START."
    ),
    opted_out_before=(
        "That is done already: we send you no messages of our own accord. To hear from us again, write START."
    ),
    opted_in="Done: you will hear from us again. To stop, write STOP.",
    which_one=(
        "Just to be sure: shall we stop sending you messages, or is this about an appointment?\n"
        "1 - Stop messages\n2 - It is about an appointment"
    ),
)
