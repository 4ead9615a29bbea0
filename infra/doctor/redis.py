"""Upstash Redis: the commands and the scripts that the limits need. What is written is deleted, and expires besides."""

from infra.doctor.check import Check, Subject, UnhealthyError

_SCRIPT = """
redis.call('SET', KEYS[1], ARGV[1], 'EX', 60)
local value = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return value
"""
_ADDRESS = (
    "set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN to the REST address and token that the database's page"
    " at Upstash shows"
)
_WRITABLE = "set UPSTASH_REDIS_REST_TOKEN to the standard token, not the read-only one"
_CONSISTENT = "try again; if it stays so, look at the state and the memory of the database at Upstash"


async def _ping(subject: Subject) -> None:
    _expect("PONG", await subject.redis.run("PING"))


async def _set(subject: Subject) -> None:
    _expect(True, await subject.redis.run("SET", _key(subject), subject.mark, "EX", "60"))


async def _get(subject: Subject) -> None:
    _expect(subject.mark, await subject.redis.run("GET", _key(subject)))


async def _delete(subject: Subject) -> None:
    _expect(1, await subject.redis.run("DEL", _key(subject)))


async def _script(subject: Subject) -> None:
    key = f"{_key(subject)}:script"
    _expect(subject.mark, await subject.redis.script(_SCRIPT, keys=[key], arguments=[subject.mark]))


CHECKS = (
    Check(name="redis PING", ask=_ping, remedy=_ADDRESS, needs=("settings",)),
    Check(name="redis SET", ask=_set, remedy=_WRITABLE, needs=("redis PING",)),
    Check(name="redis GET", ask=_get, remedy=_CONSISTENT, needs=("redis SET",)),
    Check(name="redis DEL", ask=_delete, remedy=_WRITABLE, needs=("redis SET",)),
    Check(name="redis script", ask=_script, remedy=_WRITABLE, needs=("redis PING",)),
)


def _key(subject: Subject) -> str:
    return f"aurora:doctor:{subject.mark}"


def _expect(expected: object, answer: object) -> None:
    if answer != expected:
        raise UnhealthyError(f"answered {answer!r:.60} instead of {expected!r}", remedy=_CONSISTENT)
