"""Logs are JSON, one object a line, with the id of the trip."""

import json
import logging
import sys
from datetime import datetime

import pytest

from shared.logs import JsonFormatter, configure_logging, correlation_id


def line(message: str = "job done", **extra: object) -> dict[str, object]:
    record = logging.getLogger("aurora.test").makeRecord(
        "aurora.test", logging.INFO, __file__, 1, message, (), None, extra=extra
    )
    written = JsonFormatter().format(record)
    assert "\n" not in written
    entry: dict[str, object] = json.loads(written)
    return entry


def test_a_line_has_what_was_said_and_what_was_added() -> None:
    """Time in UTC, level, logger, message and every extra field."""
    entry = line("job done", job="message.send", attempt=2)
    assert (entry["level"], entry["logger"], entry["message"]) == ("INFO", "aurora.test", "job done")
    assert (entry["job"], entry["attempt"]) == ("message.send", 2)
    assert datetime.fromisoformat(str(entry["time"])).utcoffset() is not None
    assert "correlation_id" not in entry


def test_the_trip_is_named_while_it_lasts() -> None:
    """The correlation id follows from the context, not from the caller."""
    token = correlation_id.set("trip-7")
    assert line()["correlation_id"] == "trip-7"
    correlation_id.reset(token)
    assert "correlation_id" not in line()


@pytest.mark.parametrize("value", ["a\nb", '"quoted"', "olá 🐶", object])
def test_any_value_stays_on_its_line(value: object) -> None:
    """A line break in a value cannot make a second line."""
    assert line(value=value)["value"] is not None


def test_an_exception_is_kept_when_it_is_given() -> None:
    """For errors of our own making, which quote nobody."""
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        record = logging.LogRecord("aurora", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    assert "RuntimeError: broken" in json.loads(JsonFormatter().format(record))["exception"]


def test_configuring_twice_writes_once() -> None:
    """Every function of a container configures the logs."""
    for level in ("INFO", "WARNING"):
        configure_logging(level)
    logger = logging.getLogger("aurora")
    assert len([each for each in logger.handlers if isinstance(each.formatter, JsonFormatter)]) == 1
    assert logger.level == logging.WARNING
    configure_logging("INFO")
