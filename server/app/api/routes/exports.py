"""`/api/exports`: what transcripts can be turned into."""

from __future__ import annotations

from fastapi import APIRouter

from ..deps import AUTHORISED, ExporterDep
from ..schemas import FormatList, ProblemView

router = APIRouter(
    prefix="/api/exports",
    tags=["exports"],
    dependencies=AUTHORISED,
    responses={"default": {"model": ProblemView}},
)


@router.get("/formats")
def list_formats(exporter: ExporterDep) -> FormatList:
    """List the export formats."""
    return FormatList(formats=exporter.formats())
