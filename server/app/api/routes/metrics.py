"""`/metrics`: what Prometheus asks for."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response

from ..auth import may_scrape
from ..deps import RememberingDep
from ..schemas import ProblemView

router = APIRouter(tags=["analytics"], responses={"default": {"model": ProblemView}})

_EXAMPLE = (
    "# HELP audapolis_queue_jobs Jobs that wait for a worker.\n"
    "# TYPE audapolis_queue_jobs gauge\n"
    'audapolis_queue_jobs{kind="batch"} 3.0\n'
)
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "All metrics.", "content": {"text/plain": {"example": _EXAMPLE}}}
}


@router.get("/metrics", dependencies=[Depends(may_scrape)], responses=_ANSWER, response_class=Response)
def scrape(
    monitor: RememberingDep,
    accept: Annotated[str, Header(description="OpenMetrics where it is asked for, else Prometheus's text.")] = "",
) -> Response:
    """Tell Prometheus what happened and how busy the machine is. Metrics are described in docs/metrics.md.

    Needs the token like everything else, unless the server was told to answer without
    (`AUDAPOLIS_ANALYTICS__OPEN_METRICS`).
    """
    rendered = monitor.exposition.render(accept)
    return Response(rendered.body, headers={"Content-Type": rendered.content_type, "Cache-Control": "no-store"})
