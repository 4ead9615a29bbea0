"""GET /health says that the functions run; GET /health/ready says whether all they depend on is there."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from shared.readiness import probe
from shared.services import Services
from shared.web import create_app, lambda_handler


def build(services: Services) -> FastAPI:
    """Return the application."""
    app = create_app()

    @app.get("/health")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/health/ready")
    async def ready() -> Response:
        results = await probe(services)
        body: dict[str, Any] = {
            "status": "ok" if all(each.error is None for each in results) else "unavailable",
            "dependencies": {
                each.name: {"ok": each.error is None, "ms": each.milliseconds, "error": each.error} for each in results
            },
        }
        return JSONResponse(body, status_code=200 if body["status"] == "ok" else 503)

    return app


handler = lambda_handler(build)
