"""A machine that dies in the middle of a conversation."""

import asyncio
from pathlib import Path

from infra.demo import ANA, INSTANCE
from infra.local.environment import Ports, address
from infra.phones import Step, phones_of
from tests.acceptance.conftest import Commands


def test_a_message_survives_a_killed_stack(aurora: Commands, base_port: str, data: Path) -> None:
    """Everything is killed while a message waits to be answered; after the restart it is answered, once."""
    gateway = address(Ports(int(base_port)).whatsapp)
    arguments = ("dev", "--data", str(data), "--base-port", base_port)
    first, _ = aurora.start(*arguments)
    asyncio.run(_write(gateway, "Quanto custa o banho?"))
    first.kill()
    first.communicate()

    second, _ = aurora.start(*arguments)
    answers = asyncio.run(_write_and_wait(gateway, "Quanto custa a tosa higiênica?"))

    assert aurora.stop(second) == 0
    together = "\n".join(answers)
    assert together.count("R$ 60,00") == 1
    assert together.count("R$ 45,00") == 1


async def _write(gateway: str, text: str) -> None:
    async with phones_of(gateway, INSTANCE) as phones:
        await phones.write(Step(ANA, (text,)))


async def _write_and_wait(gateway: str, text: str) -> list[str]:
    """Write one more message, and return all that was answered as soon as both are."""
    async with phones_of(gateway, INSTANCE) as phones:
        await phones.write(Step(ANA, (text,)))
        told: dict[str, str] = {}
        while not all(any(price in answer for answer in told.values()) for price in ("R$ 60,00", "R$ 45,00")):
            answer = await phones.next_message(ANA, told)
            assert answer is not None, f"no answer after {list(told.values())}"
            told = await phones.sent_to(ANA)
        return list(told.values())
