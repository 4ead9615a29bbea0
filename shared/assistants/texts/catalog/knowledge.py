"""What the business knows, and what its owner is asked."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class KnowledgeTexts:
    """The texts of this topic in one locale."""

    search_knowledge: str  #: tool
    ask_team: str  #: tool
    open_questions: str  #: tool
    answer_question: str  #: tool
    question_notice: str  #: {contact} {number} {question}; to the owners
    relayed_answer: str  #: {answer}; to the customer who asked
    question_answered: str  #: {number} {contact}; to the owner who answered
    question_answered_before: str  #: {number} {answer}
    question_gone: str  #: {number}; the customer had everything deleted
    question_unknown: str  #: {number}
    question_forbidden: str  #: the owner's number may only look
    answer_too_long: str  #: {number} {limit}
