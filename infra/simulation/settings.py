"""What a simulated deployment is configured with."""

from shared.settings import Settings, load_settings

TOKEN = "simulated"  # noqa: S105 - opens nothing
SECRET = "simulated-root"  # noqa: S105 - same


def simulated_settings() -> Settings:
    """Return the settings of a simulated deployment."""
    return load_settings(
        {
            "PUBLIC_URL": "https://aurora.example",
            "WEBHOOK_SECRET": SECRET,
            "QSTASH_URL": "https://queue.example",
            "QSTASH_TOKEN": TOKEN,
            "QSTASH_CURRENT_SIGNING_KEY": "simulated-current-signing-key-of-32-bytes",
            "QSTASH_NEXT_SIGNING_KEY": "simulated-next-signing-key-of-32-bytes",
            "UPSTASH_REDIS_REST_URL": "https://redis.example",
            "UPSTASH_REDIS_REST_TOKEN": TOKEN,
            "SUPABASE_URL": "https://database.example",
            "SUPABASE_SECRET_KEY": TOKEN,
            "EVOLUTION_URL": "https://gateway.example",
            "EVOLUTION_API_KEY": TOKEN,
            "OPENAI_BASE_URL": "https://model.example/v1",
            "OPENAI_API_KEY": TOKEN,
            "LOG_LEVEL": "ERROR",
        }
    )
