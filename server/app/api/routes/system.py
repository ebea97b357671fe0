"""`/health` and the documentation page; these need no token and tell nothing but that the server is there."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from ..deps import TasksDep
from ..schemas import Health, Readiness

router = APIRouter(tags=["system"])

# The page is ours and loads nothing from elsewhere; FastAPI's own would need a content delivery network.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; frame-ancestors 'none'"
}


@router.get("/health/live")
def live() -> Health:
    """Whether the server answers at all."""
    return Health(status="ok")


@router.get("/health/ready", responses={503: {"model": Readiness, "description": "Not now."}})
def ready(tasks: TasksDep, response: Response) -> Readiness:
    """Whether work sent now would be done: the job store answers and a worker is alive."""
    readiness = Readiness.of(tasks)
    response.status_code = 200 if readiness.status == "ok" else 503
    return readiness


@router.get("/docs", include_in_schema=False, response_class=HTMLResponse)
def docs() -> HTMLResponse:
    """All routes, readable."""
    page = files(__package__.rpartition(".")[0]).joinpath("docs.html").read_text("utf-8")
    return HTMLResponse(page, headers=_PAGE_HEADERS)
