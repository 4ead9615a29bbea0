"""The addresses and keys of the embedded stack: everything follows from one base port.

The keys are constants. They open nothing but servers on this machine's loopback address, and a fixed webhook secret
lets sample events be kept as files.
"""

from dataclasses import dataclass

HOST = "127.0.0.1"

BASE_PORT = 8700

WEBHOOK_SECRET = "local-webhook-secret"  # noqa: S105 - see above
REDIS_TOKEN = "local-redis-token"  # noqa: S105 - see above
SUPABASE_SECRET_KEY = "sb_secret_local"  # noqa: S105 - see above
SUPABASE_PUBLISHABLE_KEY = "sb_publishable_local"
EVOLUTION_API_KEY = "local-evolution-key"
OPENAI_API_KEY = "local-openai-key"


@dataclass(frozen=True)
class Ports:
    """Where each part listens."""

    base: int = BASE_PORT

    @property
    def functions(self) -> int:
        return self.base

    @property
    def whatsapp(self) -> int:
        return self.base + 1

    @property
    def qstash(self) -> int:
        return self.base + 2

    @property
    def redis(self) -> int:
        return self.base + 3

    @property
    def supabase(self) -> int:
        return self.base + 4

    @property
    def llm(self) -> int:
        return self.base + 5

    @property
    def postgres(self) -> int:
        return self.base + 6

    @property
    def all(self) -> range:
        return range(self.base, self.base + 7)


def address(port: int) -> str:
    """Return the base URL of the part that listens on `port`."""
    return f"http://{HOST}:{port}"


def stack_environment(base_port: int = BASE_PORT) -> dict[str, str]:
    """Return every variable that the functions need to run against the stack at `base_port`."""
    ports = Ports(base_port)
    return {
        "PUBLIC_URL": address(ports.functions),
        "WEBHOOK_SECRET": WEBHOOK_SECRET,
        **qstash_environment(ports.qstash),
        **redis_environment(ports.redis),
        **supabase_environment(ports.supabase),
        **whatsapp_environment(ports.whatsapp),
        **llm_environment(ports.llm),
    }


def qstash_environment(port: int) -> dict[str, str]:
    """Return the variables of the broker at `port`."""
    # Imported here: most commands need the ports alone, and the broker is the largest part.
    from infra.local.qstash.config import DEV_CURRENT_SIGNING_KEY, DEV_NEXT_SIGNING_KEY, DEV_TOKEN

    return {
        "QSTASH_URL": address(port),
        "QSTASH_TOKEN": DEV_TOKEN,
        "QSTASH_CURRENT_SIGNING_KEY": DEV_CURRENT_SIGNING_KEY,
        "QSTASH_NEXT_SIGNING_KEY": DEV_NEXT_SIGNING_KEY,
    }


def redis_environment(port: int) -> dict[str, str]:
    """Return the variables of the Redis REST gateway at `port`."""
    return {"UPSTASH_REDIS_REST_URL": address(port), "UPSTASH_REDIS_REST_TOKEN": REDIS_TOKEN}


def supabase_environment(port: int) -> dict[str, str]:
    """Return the variables of the Supabase gateway at `port`."""
    return {"SUPABASE_URL": address(port), "SUPABASE_SECRET_KEY": SUPABASE_SECRET_KEY}


def whatsapp_environment(port: int) -> dict[str, str]:
    """Return the variables of the WhatsApp gateway at `port`."""
    return {"EVOLUTION_URL": address(port), "EVOLUTION_API_KEY": EVOLUTION_API_KEY}


def llm_environment(port: int) -> dict[str, str]:
    """Return the variables of the stand-in model at `port`."""
    return {
        "OPENAI_BASE_URL": f"{address(port)}/v1",
        "OPENAI_API_KEY": OPENAI_API_KEY,
        "OPENAI_MODEL": "stand-in",
        "OPENAI_TRANSCRIPTION_MODEL": "stand-in",
    }
