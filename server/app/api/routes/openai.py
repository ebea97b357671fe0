"""`/v1`: what OpenAI's clients call, answered by the engines of this machine. Described in docs/openai-api.md."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from ..deps import AUTHORISED, DeskDep, LibraryDep
from ..openai_models import find_served, served_models
from ..openai_request import TRANSCRIPTION, TRANSLATION, Task
from ..schemas import OpenAIError

router = APIRouter(
    prefix="/v1", tags=["OpenAI"], dependencies=AUTHORISED, responses={"default": {"model": OpenAIError}}
)
ModelId = Annotated[str, Path(description="A model's name.", examples=["whisper-1"])]

_MODEL = {
    "id": "whisper-1",
    "object": "model",
    "created": 0,
    "owned_by": "audapolis",
    "description": "Stands for 'auto'.",
}
_ANSWER = {"text": "Good morning.", "languages": [{"code": "en"}], "usage": {"type": "duration", "seconds": 2}}


def _describe(example: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "As OpenAI answers.", "content": {"application/json": {"example": example}}}}


def _form(task: Task) -> dict[str, Any]:
    fields: dict[str, Any] = {name: {"type": "string"} for name in sorted(task.fields)}
    fields["file"] = {"type": "string", "format": "binary", "description": "The recording: audio or video."}
    schema = {"type": "object", "required": ["file", "model"], "properties": fields}
    example = {"file": "(the recording)", "model": "whisper-1", "response_format": "json"}
    content = {"multipart/form-data": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.post("/audio/transcriptions", responses=_describe(_ANSWER), openapi_extra=_form(TRANSCRIPTION))
async def transcribe(request: Request, desk: DeskDep) -> Response:
    """Transcribe a recording while the client waits; with `stream`, tell the text as it is understood."""
    return await desk.serve(request, TRANSCRIPTION)


@router.post("/audio/translations", responses=_describe({"text": "Good morning."}), openapi_extra=_form(TRANSLATION))
async def translate(request: Request, desk: DeskDep) -> Response:
    """Write down in English what is said in another language, while the client waits."""
    return await desk.serve(request, TRANSLATION)


@router.get("/models", responses=_describe({"object": "list", "data": [_MODEL]}))
def list_models(library: LibraryDep) -> dict[str, Any]:
    """List what `model` takes: OpenAI's names, which stand for the best engine here, and our own."""
    return {"object": "list", "data": [model.shown() for model in served_models(library).values() if model.listed]}


@router.get("/models/{model:path}", responses=_describe(_MODEL))
def get_model(model: ModelId, library: LibraryDep) -> dict[str, Any]:
    """Show one of them."""
    return find_served(library, model).shown()
