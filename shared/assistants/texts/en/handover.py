"""Calling a person of the team."""

from shared.assistants.texts.catalog.handover import HandoverTexts

TEXTS = HandoverTexts(
    handover_notice=(
        "🙋 {contact} needs a person of the team.\nReason: {reason}\nI no longer answer in that conversation."
    ),
    hand_over_to_human=(
        "Hands the conversation to a person of the team. Use it when the customer asks for a person, in an "
        "emergency, for a serious complaint, or when you do not know or cannot help. "
        "reason: in English, in one sentence, what the customer needs."
    ),
)
