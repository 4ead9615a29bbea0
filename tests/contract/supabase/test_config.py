"""The stand-in is configured as the hosted project is."""

import tomllib
from pathlib import Path

from infra.local.supabase import GatewayConfig

CONFIG = Path(__file__).parents[3] / "infra" / "supabase" / "config.toml"


def test_the_gateway_exposes_what_the_project_exposes() -> None:
    """Schemas, search path and row limit are those of the Supabase CLI's configuration."""
    api = tomllib.loads(CONFIG.read_text())["api"]
    config = GatewayConfig(dsn="", secret_key="", publishable_key="")
    assert list(config.schemas) == api["schemas"]
    assert list(config.extra_search_path) == api["extra_search_path"]
    assert config.max_rows == api["max_rows"]


def test_keys_are_never_shown() -> None:
    """A configuration that ends in a log shows neither the address with its password nor a key."""
    config = GatewayConfig(dsn="secret-1", secret_key="secret-2", publishable_key="secret-3", jwt_secret="secret-4")
    assert "secret-" not in repr(config)
