"""Upstash's Redis REST API over a real Valkey server."""

from infra.local.redis.rest import create_app

__all__ = ["create_app"]
