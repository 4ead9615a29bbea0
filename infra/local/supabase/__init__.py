"""A PostgREST-compatible gateway over a real PostgreSQL that stands in for Supabase."""

from infra.local.supabase.config import GatewayConfig
from infra.local.supabase.gateway import create_app
from infra.local.supabase.platform import prepare

__all__ = ["GatewayConfig", "create_app", "prepare"]
