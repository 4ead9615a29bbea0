"""POST /callbacks/failure: QStash tells of a job that gave up; it is kept as a dead letter."""

from typing import Any

from fastapi import FastAPI, Request

from shared.dead_letters import record_dead_letter
from shared.services import Services
from shared.web import correlation_of, create_app, lambda_handler, read_signed


def build(services: Services) -> FastAPI:
    """Return the application."""
    app = create_app()

    @app.post("/callbacks/failure")
    async def failure(request: Request) -> dict[str, Any]:
        body = await read_signed(request, services)
        return await record_dead_letter(
            body, job=request.headers.get("x-aurora-job"), services=services, correlation_id=correlation_of(request)
        )

    return app


handler = lambda_handler(build)
