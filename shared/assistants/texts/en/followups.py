"""What customers are sent of the business's own accord, and what they are told when they answer it."""

from shared.assistants.texts.catalog.followups import FollowupTexts

TEXTS = FollowupTexts(
    templates={
        "appointment_reminder": (
            "Hi, {name}! A reminder from {business}: *{service}* {for_whom}, {date}, at {time}.\n"
            "Reply *1* to confirm, *2* to reschedule or *3* to cancel."
        ),
        "feedback_request": (
            "Hi, {name}! This is {business}. How was *{service}* {for_whom}? "
            "Reply with a mark from *1* (poor) to *5* (great)."
        ),
        "review_request": ("If you can, {name}, please leave a review of {business}, too: {link}\nIt helps a lot!"),
        "payment_reminder": (
            "Hi, {name}! A reminder from {business}: we have not seen the payment for *{service}* {for_whom} of {date} "
            "yet, {price}. If you have paid already, just let us know."
        ),
        "silence": "Hi, {name}! We have not heard back from you. Is there still anything that we can help with?",
        "reactivation": "Hi, {name}! It has been a while since your last visit to {business}. Shall we book a time?",
        "birthday_greeting": "Happy birthday, {name}! 🎉 Best wishes from everybody at {business}.",
        "custom": "Hi, {name}!",
    },
    example_name="Mary",
    example_service="Haircut",
    presence_confirmed="✅ You are confirmed: {appointments}. See you then!",
    appointment_gone="That appointment is not booked any more. If you like, I will look for another time for you.",
    move_to_when="Of course! To which day and time do you want to move {service} of {moment}?",
    others_stay="Still booked: {appointments}.",
    too_late_to_change=(
        "It is too close to the time for me to change it here. "
        "I have told the team, who will answer as soon as they can."
    ),
    too_late_reason="wants to move or cancel at short notice: {service}, {moment}",
    late_cancelling="⚠️ {contact} cancelled at short notice: {service}, {moment}.",
    late_moving="⚠️ {contact} rescheduled at short notice: {service}, from {before} to {moment}.",
    rated_well="Thank you for your mark! We are very happy about it. 😊",
    rated_fair="Thank you for your mark! If you like, tell us what we could do better next time.",
    rated_badly="We are sorry that it was not good. I have told the team. If you like, tell us what happened.",
    bad_rating_notice="⚠️ A {rating} from {contact} for {service}, {moment}.",
)
