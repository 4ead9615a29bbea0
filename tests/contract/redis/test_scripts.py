"""Scripts, with the flag that only Upstash knows."""

import hashlib

import httpx
import pytest
from upstash_redis.errors import UpstashError

from infra.local.redis.scripts import without_flag
from tests.contract.redis.conftest import Call

COUNTER = """#!lua flags=allow-key-locking
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, ARGV[1], 'é'}
"""
COMPARE_AND_DELETE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


def sha1(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


async def test_a_script_with_the_flag_runs(call: Call) -> None:
    """The script of a rate limiter runs although no other server knows its flag."""
    assert await call("eval", COUNTER, ["limit"], ["60000"]) == [1, "60000", "é"]
    assert await call("eval", COUNTER, ["limit"], ["60000"]) == [2, "60000", "é"]


@pytest.mark.parametrize("script", [COUNTER, COMPARE_AND_DELETE], ids=["flag", "no flag"])
async def test_a_loaded_script_has_the_hash_that_the_client_computes(call: Call, script: str) -> None:
    """SCRIPT LOAD, SCRIPT EXISTS and EVALSHA agree with the hash of the text that the client sent."""
    assert await call("script_exists", sha1(script)) == [False]
    assert await call("script_load", script) == sha1(script)
    assert await call("script_exists", sha1(script), sha1("other")) == [True, False]
    assert await call("evalsha", sha1(script), ["key"], ["1"]) is not None


async def test_eval_makes_the_script_known_by_hash(call: Call) -> None:
    """After EVAL the client may go on with EVALSHA, as on any Redis."""
    with pytest.raises(UpstashError, match="NOSCRIPT"):
        await call("evalsha", sha1(COUNTER), ["limit"], ["60000"])
    await call("eval", COUNTER, ["limit"], ["60000"])
    assert await call("evalsha", sha1(COUNTER), ["limit"], ["60000"]) == [2, "60000", "é"]


async def test_a_lock_is_released_by_its_owner_only(call: Call) -> None:
    """Compare-and-delete, the script behind a lock's release."""
    await call("set", "lock", "mine")
    assert await call("eval", COMPARE_AND_DELETE, ["lock"], ["another's"]) == 0
    assert await call("eval", COMPARE_AND_DELETE, ["lock"], ["mine"]) == 1


async def test_errors_of_scripts_name_their_line(call: Call) -> None:
    """Dropping the flag's line does not move the lines of the script."""
    script = "#!lua flags=allow-key-locking\nlocal x = 1\nreturn x.y.z"
    with pytest.raises(UpstashError, match=r"user_script:3"):
        await call("eval", script, [], [])


async def test_scripts_work_in_batches(rest: httpx.AsyncClient) -> None:
    """A transaction translates scripts and hashes too."""
    answer = await rest.post(
        "/multi-exec",
        json=[["SCRIPT", "LOAD", COUNTER], ["EVALSHA", sha1(COUNTER), "1", "limit", "60000"]],
    )
    assert answer.json() == [{"result": sha1(COUNTER)}, {"result": [1, "60000", "é"]}]


@pytest.mark.parametrize(
    ("script", "plain"),
    [
        (b"#!lua flags=allow-key-locking\nreturn 1", b"\nreturn 1"),
        (b"#!lua flags=no-writes,allow-key-locking\nreturn 1", b"#!lua flags=no-writes\nreturn 1"),
        (b"#!lua name=lib flags=allow-key-locking\nreturn 1", b"#!lua name=lib\nreturn 1"),
        (b"#!lua flags=no-writes\nreturn 1", b"#!lua flags=no-writes\nreturn 1"),
        (b"return '#!lua flags=allow-key-locking'", b"return '#!lua flags=allow-key-locking'"),
        (b"", b""),
    ],
)
def test_only_the_flag_is_dropped(script: bytes, plain: bytes) -> None:
    """Other flags, other scripts and the rest of the text stay as they are."""
    assert without_flag(script) == plain
