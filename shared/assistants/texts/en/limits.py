"""What is said when the assistant may not answer."""

from shared.assistants.texts.catalog.limits import LimitTexts

TEXTS = LimitTexts(
    overdue_reply=(
        "Sorry for the delay: I had a technical problem and could not answer in time. "
        "I have told the team; a person will continue here."
    ),
    overdue_reason="the automatic answer was late because of a technical problem",
    budget_reply="I have your message. I have told the team; a person will answer here.",
    budget_reason="this month's limit for automatic answers has been reached",
    spend_notice=(
        "📊 {percent}% of this month's limit for automatic answers has been used. "
        "When it reaches 100%, I hand the conversations to the team."
    ),
    too_many_messages=(
        "I received many messages in a short time and need a minute to catch up. Please write again in a little while."
    ),
)
