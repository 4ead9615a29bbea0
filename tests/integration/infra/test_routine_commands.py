"""`aurora tenants routines`: when a business's routines are run, how, and who is told."""

import httpx
import pytest
from typer.testing import CliRunner

from infra.cli import app
from tests.integration.infra.conftest import ZONE, Aurora, ids, parsed


def test_routines_are_shown_and_owners_say_what_they_want(aurora: Aurora) -> None:
    """Times, days, options with their defaults, and who is told of what."""
    routines = ("tenants", "routines")
    patas = ("--instance", "patas")
    shown = aurora(*routines, "show", *patas).stdout
    for words in ("daily_summary", "18:00", "Tue, Thu", "days=30", "send_to_clients=off", f"times of {ZONE}", "all"):
        assert words in shown

    changed = aurora(*routines, "set", "inactive_clients", "--option", "days=45", *patas).stdout
    assert "days=45" in changed
    assert "days=30" in aurora(*routines, "set", "inactive_clients", "--option", "days=default", *patas).stdout
    told = parsed(aurora(*routines, "owner", "(11) 98888-7777", "birthdays", "daily_summary", *patas, "--json"))
    assert [each["kinds"] for each in told["owners"]] == [["birthdays", "daily_summary"]]
    assert parsed(aurora(*routines, "owner", "1188887777", "none", *patas, "--json"))["owners"][0]["kinds"] == []
    assert parsed(aurora(*routines, "owner", "1188887777", "all", *patas, "--json"))["owners"][0]["kinds"] is None


def test_greetings_that_would_come_too_late_are_told(aurora: Aurora) -> None:
    """The change stands; who greets unasked after the day's last message has left is told that nobody is greeted."""
    birthdays = ("tenants", "routines", "set", "birthdays", "--instance", "patas", "--json")
    assert aurora(*birthdays, "--on", "--at", "20:00").stderr == ""
    late = aurora(*birthdays, "--option", "send_to_clients=on")
    assert parsed(late)["routines"]
    assert "from 20:00 on, but messages leave until 20:00: nobody is greeted" in late.stderr
    assert aurora(*birthdays, "--at", "19:00").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (("set", "nap", "--on"), 2, "no routine 'nap'; there are daily_summary"),
        (("set", "birthdays"), 2, "say what to change"),
        (("set", "birthdays", "--at", "25:00"), 2, "--at: 25:00 is no time such as 07:30"),
        (("set", "birthdays", "--at", "7:30"), 2, "--at: 7:30 is no time such as 07:30"),
        (("set", "birthdays", "--option", "days=3"), 2, "birthdays has send_to_clients, not days"),
        (("set", "birthdays", "--option", "send_to_clients=perhaps"), 2, "send_to_clients must be on or off"),
        (("set", "inactive_clients", "--option", "days=6"), 2, "days must be a whole number from 7 to 730"),
        (("set", "opportunities", "--option", "x=1"), 2, "opportunities has no options, not x"),
        (("owner", "11977776666", "all"), 1, "+5511977776666 is no owner's phone"),
        (("owner", "11988887777", "all", "birthdays"), 2, "all stands alone, without birthdays"),
        (("owner", "11988887777", "birthdays", "none"), 2, "none stands alone, without birthdays"),
        (("owner", "98888-7777", "all"), 2, "the area code is missing"),
        (("owner", "11988887777", "nap"), 2, "no routine 'nap'"),
    ],
)
def test_what_cannot_be_is_one_line(aurora: Aurora, arguments: tuple[str, ...], status: int, problem: str) -> None:
    """Each refusal names what is wrong."""
    result = aurora("tenants", "routines", *arguments, "--instance", "patas")
    assert (result.exit_code, result.stdout) == (status, "")
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_queue_out_of_reach_does_not_hinder_a_change(
    variables: dict[str, str], aurora: Aurora, broker: httpx.Client
) -> None:
    """The change stands; one line says how the schedules follow."""
    away = {**variables, "QSTASH_URL": "http://127.0.0.1:1"}
    moved = ["tenants", "routines", "set", "birthdays", "--at", "08:15", "--instance", "patas", "--json"]
    result = CliRunner().invoke(app, moved, env=away)
    assert {each["local_time"] for each in parsed(result)["routines"]} == {"08:15", "18:00", "10:00", "15:00"}
    assert "the schedules follow within a day, or with `aurora schedules sync`" in result.stderr
    assert "aurora.birthdays.America.Sao_Paulo.0815" in ids(parsed(aurora("schedules", "sync", "--json")))["create"]
