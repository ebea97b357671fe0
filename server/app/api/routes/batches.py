"""`/api/exports`: exports in the background, and export presets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response
from fastapi.responses import FileResponse

from ..deps import AUTHORISED, ExportDeskDep
from ..export_shapes import (
    ORDER_EXAMPLES,
    PRESET_EXAMPLE,
    REPORT_EXAMPLE,
    ExportList,
    ExportView,
    ExportWish,
    PresetDraft,
    PresetList,
    PresetView,
)
from ..schemas import ProblemView

router = APIRouter(
    prefix="/api/exports", tags=["exports"], dependencies=AUTHORISED, responses={"default": {"model": ProblemView}}
)
Name = Annotated[str, Path(description="Name of the preset.", examples=["house"])]
ExportId = Annotated[str, Path(description="Id of the export.", examples=["0b7e0a52-6d0b-4f0e-8f8f-4a2b8a0f6f6e"])]

_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "The archive.", "content": {"application/zip": {"example": "(a zip archive)"}}}
}
_REPORT: dict[int | str, dict[str, Any]] = {
    200: {"description": "What came of each file.", "content": {"application/json": {"example": REPORT_EXAMPLE}}}
}


@router.get("/presets")
def list_presets(desk: ExportDeskDep) -> PresetList:
    """List the export presets, by name."""
    return PresetList(presets=[PresetView.of(each) for each in desk.presets.list()])


@router.get("/presets/{name}")
def get_preset(name: Name, desk: ExportDeskDep) -> PresetView:
    """Show an export preset."""
    return PresetView.of(desk.presets.get(name))


@router.put("/presets/{name}")
def save_preset(
    name: Name, desk: ExportDeskDep, draft: Annotated[PresetDraft, Body(examples=[PRESET_EXAMPLE])]
) -> PresetView:
    """Save an export preset, replacing one of that name. Formats and options are checked."""
    return PresetView.of(desk.save_preset(draft.preset(name)))


@router.delete("/presets/{name}", status_code=204, responses={204: {"description": "It is gone."}})
def delete_preset(name: Name, desk: ExportDeskDep) -> None:
    """Delete an export preset."""
    desk.presets.delete(name)


@router.post("", status_code=202)
def start_export(
    response: Response, desk: ExportDeskDep, wish: Annotated[ExportWish, Body(openapi_examples=ORDER_EXAMPLES)]
) -> ExportView:
    """Export many transcripts in many formats in the background. It survives a restart of the server."""
    outputs = [each.output() for each in wish.outputs]
    order = desk.submit(wish.transcripts, outputs, presets=wish.presets, target=wish.target, folder=wish.folder)
    response.headers["Location"] = f"/api/exports/{order.id}"
    return ExportView.of(order)


@router.get("")
def list_exports(
    desk: ExportDeskDep,
    task: Annotated[str | None, Query(description="Only those made for this task by themselves.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> ExportList:
    """List exports, the newest first."""
    orders = [order for order in reversed(desk.orders.list()) if task in {None, order.task}]
    return ExportList(exports=[ExportView.of(each) for each in orders[offset : offset + limit]], total=len(orders))


@router.get("/{export_id}")
def get_export(export_id: ExportId, desk: ExportDeskDep) -> ExportView:
    """Show how far an export is."""
    return ExportView.of(desk.orders.get(export_id))


@router.get("/{export_id}/report", responses=_REPORT, response_class=Response)
def get_report(export_id: ExportId, desk: ExportDeskDep) -> Response:
    """Tell of every file: its checksum, what it left out, warnings, checks, or why it was not made."""
    return Response(desk.report(export_id), media_type="application/json")


@router.get("/{export_id}/download", responses=_ZIP, response_class=FileResponse)
def download_export(export_id: ExportId, desk: ExportDeskDep) -> FileResponse:
    """Fetch the archive of an export that is done."""
    return FileResponse(desk.archive(export_id), media_type="application/zip", filename=f"export-{export_id[:8]}.zip")


@router.post("/{export_id}/cancel")
def cancel_export(export_id: ExportId, desk: ExportDeskDep) -> ExportView:
    """Stop an export. What it made for a target stays there."""
    return ExportView.of(desk.cancel(export_id))


@router.post("/{export_id}/retry")
def retry_export(export_id: ExportId, desk: ExportDeskDep) -> ExportView:
    """Try an export again that failed or was cancelled. What it made is not made again."""
    return ExportView.of(desk.retry(export_id))


@router.delete("/{export_id}", status_code=204, responses={204: {"description": "It is gone."}})
def delete_export(export_id: ExportId, desk: ExportDeskDep) -> None:
    """Stop an export if need be, and delete it with its archive."""
    desk.delete(export_id)
