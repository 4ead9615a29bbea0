"""The circuit breakers that all processes share: the rules of `shared.resilience.circuit_breaker` as Redis scripts.

A breaker is one hash: `failures` (moments, joined by commas) while it is closed; `until`, `cooldown` and, while
half-open, `probe` while it is not. Every question is one script, and so one round trip and atomic. The moment comes as
an argument, never from the server; keys expire when what they say is no longer of use.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.errors import LimiterError
from shared.ports import Clock, Redis
from shared.resilience.circuit_breaker import Admission, BreakerPolicy, milliseconds, moment, probe_name

#: A call that succeeded is better news than what Redis remembers: no need to ask again for so long after asking.
TRUST = timedelta(seconds=10)

_NOTHING_KNOWN = Admission()

# `%.0f` because Lua would write large numbers with an exponent.
_COMMON = """
local key, now, probe = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local max_failures, window, first_cooldown = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local longest_cooldown, probe_limit = tonumber(ARGV[6]), tonumber(ARGV[7])

local stored = redis.call('HMGET', key, 'failures', 'until', 'cooldown', 'probe')
local failures, cooldown, current_probe = stored[1] or '', tonumber(stored[3] or 0), stored[4]
local open_until = tonumber(stored[2] or 0)
local tripped = stored[2] and now < open_until + longest_cooldown

local function number(value)
    return string.format('%.0f', value)
end

local function trip(for_milliseconds, next_cooldown, next_probe)
    redis.call('DEL', key)
    redis.call('HSET', key, 'until', number(now + for_milliseconds), 'cooldown', number(next_cooldown))
    if next_probe then
        redis.call('HSET', key, 'probe', next_probe)
    end
    redis.call('PEXPIRE', key, number(for_milliseconds + longest_cooldown))
end
"""

#: Returns {milliseconds to wait, 0 for none; 1 when the call is the probe}.
_ASK = f"""{_COMMON}
if not tripped then
    return {{0, 0}}
end
if now < open_until then
    return {{open_until - now, 0}}
end
trip(probe_limit, cooldown, probe)
return {{0, 1}}
"""

#: Returns 1 when calls go through and none of them is a probe. Changes nothing.
_LOOK = f"{_COMMON}\nreturn tripped and 0 or 1\n"

#: ARGV[8] is 1 for a failure, 0 for a success; the probe's name is empty for a call that was none.
_SETTLE = f"""{_COMMON}
local failed = ARGV[8] == '1'
if tripped then
    if probe ~= '' and probe == current_probe then
        if failed then
            local longer = math.min(2 * cooldown, longest_cooldown)
            trip(longer, longer, nil)
        else
            redis.call('DEL', key)
        end
    end
    return 0
end
if probe ~= '' or not failed then
    return 0
end
local recent = {{}}
for at in string.gmatch(failures, '%d+') do
    if tonumber(at) > now - window then
        table.insert(recent, at)
    end
end
table.insert(recent, number(now))
if #recent >= max_failures then
    trip(first_cooldown, first_cooldown, nil)
    return 0
end
redis.call('DEL', key)
redis.call('HSET', key, 'failures', table.concat(recent, ','))
redis.call('PEXPIRE', key, number(window))
return 0
"""


@dataclass(kw_only=True)
class RedisCircuitBreaker:
    """Breakers that all processes share. Without Redis they are all closed: a helper must not stop the work.

    Asking is one round trip, a failure or a probe's outcome is another; a success otherwise costs none, and spares the
    asking for `trust` after the last time. So does a look that finds the breaker closed.
    """

    redis: Redis
    clock: Clock
    policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    trust: timedelta = TRUST
    _asked: dict[str, datetime] = field(default_factory=dict)
    _trusted: dict[str, datetime] = field(default_factory=dict)  #: by name, until when

    async def look(self, name: str) -> None:
        """Learn, together with another question to Redis, whether calls go through: `ask` knows it then.

        A breaker that is not closed is left as it is, to be asked when the call is due. Never fails.
        """
        now = self.clock.now()
        if self._trusts(name, now):
            return
        try:
            closed = await self._run(_LOOK, name, "")
        except LimiterError:
            return
        if closed:
            self._asked[name] = now
            self._trusted[name] = now + self.trust

    async def ask(self, name: str) -> Admission:
        """Return whether a call may leave now."""
        now = self.clock.now()
        if self._trusts(name, now):
            return _NOTHING_KNOWN
        self._trusted.pop(name, None)
        self._asked[name] = now
        probe = probe_name()
        try:
            wait, is_probe = await self._run(_ASK, name, probe)
        except LimiterError:
            return _NOTHING_KNOWN
        if wait:
            return Admission(wait=timedelta(milliseconds=wait))
        return Admission(probe=probe) if is_probe else _NOTHING_KNOWN

    async def settle(self, name: str, admission: Admission, *, failed: bool) -> None:
        """Tell how the call that `admission` let through went."""
        if not failed and admission.probe is None:
            if name in self._asked:
                self._trusted[name] = self._asked[name] + self.trust
            return
        self._trusted.pop(name, None)
        try:
            await self._run(_SETTLE, name, admission.probe or "", "1" if failed else "0")
        except LimiterError:
            return  # said in the log by `redis`; the next failure will be told again

    def _trusts(self, name: str, now: datetime) -> bool:
        return now < self._trusted.get(name, now)

    async def _run(self, script: str, name: str, probe: str, *more: str) -> Any:
        times = (self.policy.window, self.policy.cooldown, self.policy.longest_cooldown, self.policy.probe_limit)
        arguments = [str(moment(self.clock.now())), probe, str(self.policy.failures)]
        arguments += [str(milliseconds(each)) for each in times]
        return await self.redis.script(script, keys=[f"aurora:breaker:{name}"], arguments=[*arguments, *more])
