"""An operator's day with the whole stack: something gives up, is looked at, mended, and retried."""

import json
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from infra.local.environment import WEBHOOK_SECRET, Ports, address
from shared.whatsapp.webhook_secret import derive_webhook_secret

Commands = Any  # the fixture's type lives in conftest, which tests cannot import

FIXTURE = Path(__file__).parents[1] / "fixtures" / "whatsapp" / "evolution" / "text.json"
INSTANCE = "studio-lua"
TENANT = (
    *("--name", "Studio Lua", "--instance", INSTANCE),
    *("--owner", "+55 11 97777-6666", "--timezone", "America/Sao_Paulo"),
)
MOST_LOOKS = 30


def write_to_a_business_that_nobody_added(functions: str) -> None:
    """A customer's message arrives before the operator has added the business."""
    body = json.loads(FIXTURE.read_text())
    body["instance"] = INSTANCE
    body["data"]["messageTimestamp"] = int(time.time())
    secret = derive_webhook_secret(WEBHOOK_SECRET, provider="evolution", instance=INSTANCE)
    headers = {"x-webhook-secret": secret}
    httpx.post(f"{functions}/webhooks/evolution/{INSTANCE}", json=body, headers=headers).raise_for_status()


def until(found: Callable[[], Any]) -> Any:
    """Return what `found` finds as soon as it is something; it runs a command each time, which is pause enough."""
    for _ in range(MOST_LOOKS):
        if answer := found():
            return answer
    raise AssertionError("nothing came in time")


def test_schedules_without_settings_end_as_every_command_does(aurora: Commands) -> None:
    """What is missing is named, and the exit status says that settings must change."""
    result = aurora.run("schedules", "diff")

    assert result.returncode == 2
    assert "QSTASH_URL is missing" in result.stderr


def test_what_gave_up_is_found_mended_and_retried(aurora: Commands, base_port: str, data: Path) -> None:
    """A message for an unknown number is a dead letter; once the business is added, its retry is stored."""
    stack, _ = aurora.start("dev", "--data", str(data), "--base-port", base_port)
    printed = aurora.run("env", "--no-export", "--base-port", base_port).stdout.splitlines()
    variables = {name: shlex.split(value)[0] for name, value in (line.split("=", 1) for line in printed)}

    def ask(*arguments: str) -> Any:
        done = aurora.run(*arguments, "--json", variables=variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    write_to_a_business_that_nobody_added(address(Ports(int(base_port)).functions))
    (letter,) = until(lambda: ask("dead-letters", "list"))
    assert (letter["job"], letter["status"]) == ("message.receive", 489)
    assert INSTANCE in letter["error"]
    failed = ask("queue", "show", letter["queue_message_id"])
    assert (failed["state"], failed["dead_letter"]) == ("failed", letter["id"])
    assert "amanha" not in json.dumps([letter, failed])

    ask("tenants", "add", *TENANT)
    (retried,) = ask("dead-letters", "retry", letter["id"])
    assert retried["outcome"] == "retried"
    assert ask("dead-letters", "retry", letter["id"])[0]["outcome"] == "already"
    until(lambda: ask("queue", "show", retried["message_id"])["state"] == "completed")
    counts = {each["job"]: each for each in ask("queue", "stats")}
    assert (counts["message.receive"]["completed"], counts["message.receive"]["open_dead_letters"]) == (1, 0)
    assert ask("dead-letters", "show", letter["id"])["state"] == "retried"
    assert aurora.stop(stack) == 0
