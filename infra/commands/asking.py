"""Asks the services something for a command, and turns expected errors into one line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from infra.commands.terminal import fail, settings_or_exit
from infra.operations.composition import operator_services
from shared.errors import AuroraError
from shared.services import Services

_AnswerT = TypeVar("_AnswerT")


def ask(question: Callable[[Services], Awaitable[_AnswerT]]) -> _AnswerT:
    """Return the answer of the services that the environment names.

    Without settings the command ends with status 2; with an error of a service, with its one line and status 1.
    """
    settings = settings_or_exit()

    async def answer() -> _AnswerT:
        async with operator_services(settings) as services:
            return await question(services)

    try:
        return asyncio.run(answer())
    except AuroraError as error:
        fail(error)
