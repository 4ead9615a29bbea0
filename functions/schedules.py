"""POST /schedules/{name}: run one delivery of a job that a schedule published, for QStash alone.

The same as `functions/jobs.py`, in a function of its own: what falls due for everybody at once takes no place from the
conversations.
"""

from fastapi import FastAPI, Request, Response

from shared.jobs import load_jobs
from shared.runner import run_job
from shared.services import Services
from shared.web import create_app, delivery_of, lambda_handler, read_signed, respond


def build(services: Services) -> FastAPI:
    """Return the application."""
    load_jobs()
    app = create_app()

    @app.post("/schedules/{name}")
    async def run(name: str, request: Request) -> Response:
        body = await read_signed(request, services)
        return respond(await run_job(name, body, delivery=delivery_of(request), services=services))

    return app


handler = lambda_handler(build)
