"""Calling a person of the team, and keeping the assistant out of the way."""

from shared.assistants.texts.catalog.handover import HandoverTexts

TEXTS = HandoverTexts(
    handover_notice=(
        "🙋 {contact} needs a person of the team.\nReason: {reason}{said}\n\n"
        "I no longer answer in that conversation. To bring me back, write #bot in the customer's chat or tell me: "
        "return {name}"
    ),
    said="\nLatest messages:\n{messages}",
    hand_over_to_human=(
        "Hands the conversation to a person of the team. Use it when the customer asks for a person, in an "
        "emergency, for a serious complaint, or when you do not know or cannot help. "
        "reason: in English, in one sentence, what the customer needs."
    ),
    emergency_reply=(
        "This may be an emergency, so do not wait for an answer here: for a person, call your local emergency number "
        "now (192 in Brazil); for an animal, go to the nearest veterinary emergency clinic. I have told the team and a "
        "person will continue here."
    ),
    emergency_reason="possible emergency",
    person_reply="I have told the team: a person will continue here.",
    person_reason="asked to talk to a person",
    closed="We are closed now, so the answer may take a while.",
    closed_until="We are closed now. By our opening hours, we open {moment}.",
    assistant_paused="⏸️ Automatic answers are paused: I answer no customer until you write #bot. With you I carry on.",
    assistant_resumed="▶️ Automatic answers are on: I answer customers again.",
    assistant_paused_before="Automatic answers were paused already. To switch them on, write #bot.",
    assistant_resumed_before="Automatic answers were on already. To pause them, write #pausa.",
    pause_forbidden="Your number may not switch the automatic answers. Please ask whoever administrates.",
)
