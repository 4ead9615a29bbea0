"""POST /jobs/{name}: run one delivery of a job, for QStash alone."""

from fastapi import FastAPI, Request, Response

from shared.jobs import load_jobs
from shared.runner import run_job
from shared.services import Services
from shared.web import create_app, delivery_of, lambda_handler, read_signed, respond


def build(services: Services) -> FastAPI:
    """Return the application."""
    load_jobs()
    app = create_app()

    @app.post("/jobs/{name}")
    async def run(name: str, request: Request) -> Response:
        body = await read_signed(request, services)
        return respond(await run_job(name, body, delivery=delivery_of(request), services=services))

    return app


handler = lambda_handler(build)
