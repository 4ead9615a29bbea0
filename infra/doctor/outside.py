"""The WhatsApp gateway and the language model."""

from infra.doctor.check import Check, Subject
from shared.ports import ChatMessage

_MODEL_ACCOUNT = "set OPENAI_BASE_URL and OPENAI_API_KEY to the model server's address (ending in /v1) and a key of it"
_MODEL_NAME = "set OPENAI_MODEL to a chat model that this key may use, and see that the account has credit"
_GATEWAY = "set EVOLUTION_URL and EVOLUTION_API_KEY to the gateway's address and its AUTHENTICATION_API_KEY"


async def _gateway(subject: Subject) -> None:
    await subject.gateway.check()


async def _model_account(subject: Subject) -> None:
    await subject.model.check()


async def _model_answer(subject: Subject) -> None:
    await subject.model.complete([ChatMessage(role="user", content="Answer with the one word: pong")], [])


CHECKS = (
    Check(name="gateway evolution", ask=_gateway, remedy=_GATEWAY, needs=("settings",)),
    Check(name="model account", ask=_model_account, remedy=_MODEL_ACCOUNT, needs=("settings",)),
    Check(name="model answers", ask=_model_answer, remedy=_MODEL_NAME, needs=("model account",)),
)
