"""What the business knows, and what its owner is asked."""

from shared.assistants.texts.catalog.knowledge import KnowledgeTexts

TEXTS = KnowledgeTexts(
    search_knowledge=(
        "Searches what the business has answered before about payment, parking, rules, the address and other matters. "
        "query: the customer's question, in a few words. Empty entries mean: not known. "
        "Use only an entry that really answers the question."
    ),
    ask_team=(
        "Asks the team what neither the other tools nor search_knowledge know; the team's answer reaches the customer "
        "later, in this conversation. question: the whole question, clear without the conversation, "
        "without names or phone numbers. Then say that you asked the team, without promising when."
    ),
    open_questions="Lists the customers' questions that wait for an answer of the team, each with its number.",
    answer_question=(
        "Answers a customer's question in the owner's own words. number: the question's. "
        "answer: the answer exactly as it was written just now, whole, nothing changed, cut or added."
    ),
    question_notice=(
        "❓ Question {number}, from {contact}:\n“{question}”\n\n"
        "I do not know the answer. Reply to this message, or write: answer {number}: …\n"
        "I will pass the answer on to the customer and keep it for the next time."
    ),
    relayed_answer="The team answered: {answer}",
    question_answered="✅ Question {number} answered: I am passing it on to {contact} and kept it for the next time.",
    question_answered_before="Question {number} had been answered before: “{answer}”. I sent no other answer.",
    question_gone="Whoever asked question {number} had their data deleted. I neither sent nor kept the answer.",
    question_unknown="I did not find question {number}.",
    question_forbidden="Your number may look things up, but not answer customers' questions.",
    answer_too_long="The answer to question {number} is too long: the limit is {limit} characters. Nothing was sent.",
)
