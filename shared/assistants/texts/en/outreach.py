"""Messages from the business to its customers."""

from shared.assistants.texts.catalog.outreach import OutreachTexts

TEXTS = OutreachTexts(
    draft_message=(
        "Drafts a message to one customer and shows the preview; nothing leaves before the person confirms. "
        "contact: name or phone, as the person wrote it. text: the finished message, signed by the business where it "
        "makes sense; {name} becomes the customer's first name."
    ),
    draft_campaign=(
        "Drafts a message to a group of customers and shows the preview with how many people get it; nothing leaves "
        "before the person confirms with the code. segment: inactive (neither came nor wrote for 30 days), "
        "waiting_list, birthdays (their own or of those they bring, in the next 7 days), frequent (5 visits or more), "
        "no_shows (in the last 30 days), consented (all who allowed advertising). "
        "text: the finished message; {name} becomes each one's first name."
    ),
    segments={
        "inactive": "customers who have not come for 30 days",
        "waiting_list": "the waiting list",
        "birthdays": "birthdays in the next 7 days",
        "frequent": "frequent customers",
        "no_shows": "no-shows of the last 30 days",
        "consented": "those who allowed advertising",
    },
    to_one="✉️ Message to *{name}*:\n\n{text}",
    to_segment="✉️ Message to *{segment}* – people who get it: *{count}*\n\n{text}{example}",
    example="\n\n(This is how it reaches {name}.)",
    left_out="Left out: {reasons}.",
    cut="At most 200 people at a time: {cut} more do not get it now.",
)
