"""What is proposed, how one agrees to it, and what came of it."""

from shared.assistants.texts.catalog.proposals import ProposalTexts

TEXTS = ProposalTexts(
    note_to_model=(
        "The proposal is added to the end of your answer, word for word, with how to agree. "
        "Nothing has been done yet: do not say that it is done and do not repeat the proposal."
    ),
    client_agrees="Shall I confirm it? Answer *yes* or *no*.",
    owner_agrees="Answer *1* to confirm, *2* to change it or *3* to drop it.",
    owner_agrees_with_code="Answer *1 {code}* to confirm, *2* to change it or *3* to drop it.",
    owner_agrees_by_code="Answer *1 {code}* to confirm, *2 {code}* to change it or *3 {code}* to drop it.",
    displaced="The earlier proposal is no longer valid: {proposal}",
    confirm_proposal=(
        "Does what was proposed in the previous answer. Use it only when the customer, in the present message, clearly "
        "agrees to that proposal without changing anything about it."
    ),
    drop_proposal="Drops what was proposed in the previous answer, when the customer no longer wants it.",
    done={
        "book": "✅ Booked{who}: {service}, {when}{price}.",
        "move": "✅ Moved{who}: {service}, now {when}.",
        "cancel": "✅ Cancelled{who}: {service}, {when}.",
        "block": "✅ Time blocked: from {when} until {until}.",
        "no_show": "✅ Noted as a no-show{who}: {service}, {when}.",
        "paid": "✅ Payment noted{who}: {paid}, {service}, {when}.",
    },
    for_whom=" for {who}",
    price=" – {price}",
    overlapping="Appointments that still stand in that time: {bookings}.",
    sent_to_one="✅ The message is on its way.",
    sent_to_many="✅ The messages to {recipients} people are on their way, one every 30 seconds.",
    left_out="Left out: {reasons}.",
    left_out_because={
        "opted_out": "want no messages",
        "no_consent": "did not allow advertising",
        "no_number": "without a WhatsApp number",
        "erased": "had their data deleted",
        "expired": "it got too late",
        "contact_wrote": "wrote meanwhile",
        "booked": "booked meanwhile",
        "handed_over": "are talking to a person of the team",
    },
    obstacles={
        "taken": "Sorry, that time has just been taken and I could not book it.",
        "blocked": "Sorry, that time is no longer available.",
        "past": "That time has passed, so I changed nothing.",
        "gone": "I no longer find that appointment or service, so I changed nothing.",
        "too_late": (
            "It is too close to the time for me to change it here, so I changed nothing. "
            "If you like, I can call a person of the team."
        ),
        "forbidden": "I did nothing: whoever runs the business must allow this.",
        "too_many": "I sent nothing: these are too many people at once.",
        "nobody": "I sent nothing: nobody on the list may get the message.",
        "not_yet": "That appointment has not begun yet, so I did not note a no-show.",
        "already_done": "That had been noted already. I changed nothing.",
        "paid": "That appointment is paid, so I did not note a no-show.",
        "no_amount": "I do not know the amount: tell me how much was paid. I have noted nothing yet.",
    },
    obstacle="I could not do that and changed nothing.",
    alternatives="These times near it are free: {times}. Which one do you prefer?",
    another_time="Tell me another day or time and I will look for you.",
    edit="All right, I have done nothing yet. What would you like to change?",
    dropped="All right, I changed nothing.",
    wrong_code="That code is not right. I did nothing. Answer *1* and the proposal's code (attempts left: {left}).",
    missing_code="The code is missing. I have done nothing yet. Answer *1* and the four figures in the proposal.",
    too_many_codes="The code was wrong three times. I dropped the proposal and did nothing; you can ask again.",
    expired="That proposal has expired and I did nothing. If you still want it, just ask again.",
    which_one="The proposal's code is missing. I have done nothing yet.",
    unknown_code="No open proposal has that code. I did nothing.",
    still_open="⏳ Waiting for your answer:",
    ask_again="If you asked anything else, please write it again.",
)
