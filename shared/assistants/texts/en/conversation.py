"""How a conversation's history and its people are written."""

from shared.assistants.texts.catalog.conversation import ConversationTexts, KindMarks

TEXTS = ConversationTexts(
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    kinds=KindMarks(
        text="[empty message]",
        image="[image]",
        video="[video]",
        voice="[voice message]",
        audio="[audio]",
        document="[document]",
        sticker="[sticker]",
        location="[location]",
        contact="[contact card]",
        reaction="[reaction]",
        choice="[chosen option]",
        unsupported="[message that cannot be shown]",
    ),
    colleague_mark="[Team]",
    nameless_contact="A customer",
)
