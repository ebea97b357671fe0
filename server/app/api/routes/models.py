"""`/api/models`: the speech and speaker models the server has and can get."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request
from pydantic import TypeAdapter, ValidationError

from ...catalog.intake import ImportWish, Precision, name_of
from ...catalog.shelf import check_name
from ...domain.cancellation import CancelToken
from ...errors import InvalidOption
from ..deps import AUTHORISED, FetchesDep, LibraryDep, SettingsDep
from ..model_shapes import FetchView, ModelList, PullRequest, TrialView
from ..schemas import ProblemView
from ..uploads import folder_of, receive

router = APIRouter(
    prefix="/api/models", tags=["models"], dependencies=AUTHORISED, responses={"default": {"model": ProblemView}}
)
Name = Annotated[str, Path(description="A model's name or alias.", examples=["small"])]
FetchId = Annotated[str, Path(description="Id of a download.", examples=["2c0b8c1e-0a4b-4a63-9a37-1d7bb7b1f3a5"])]

_FIELDS = ("name", "language", "allow_pickle", "precision")
_FLAG = TypeAdapter(bool)
_PRECISION: TypeAdapter[Precision] = TypeAdapter(Precision)


def _form() -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "A zip or tar with a model's folder."},
            "name": {"type": "string", "description": "What to call it; the file's name when not given."},
            "language": {"type": "string", "description": "The one language it knows."},
            "allow_pickle": {"type": "boolean", "default": False, "description": "Open weights that are a pickle."},
            "precision": {"type": "string", "default": "float16", "description": "How converted weights are kept."},
        },
    }
    content = {"multipart/form-data": {"schema": schema, "example": {"file": "(the archive)", "name": "mine"}}}
    return {"requestBody": {"required": True, "content": content}}


@router.get("")
def list_models(library: LibraryDep, fetches: FetchesDep) -> ModelList:
    """List models on the server, models that can be fetched, and downloads."""
    return ModelList.of(library, fetches)


@router.post("/pull", status_code=202)
def pull_model(wanted: Annotated[PullRequest, Body(examples=[{"model": "small"}])], fetches: FetchesDep) -> FetchView:
    """Fetch a model in the background. A download that broke off earlier goes on where it stopped."""
    return FetchView.of(fetches.pull(wanted.model, update=wanted.update))


@router.post("/import", status_code=202, openapi_extra=_form())
async def import_model(*, request: Request, settings: SettingsDep, fetches: FetchesDep) -> FetchView:
    """Upload an archive with a custom model; it is converted if need be, tried, and taken in, in the background."""
    async with receive(request, settings, _known_field) as upload:
        fields = upload.fields
        name = check_name(fields.get("name") or name_of(upload.path.with_name(upload.name)))
        wish = ImportWish(
            name=name,
            language=fields.get("language") or None,
            allow_pickle=_read(_FLAG, fields, "allow_pickle", False),
            precision=_read(_PRECISION, fields, "precision", "float16"),
        )
        kept = folder_of(settings) / f"model-{secrets.token_hex(8)}"
        upload.path.rename(kept)
    return FetchView.of(fetches.take_in(kept, wish, name=name))


@router.get("/fetches/{fetch_id}")
def get_fetch(fetch_id: FetchId, fetches: FetchesDep) -> FetchView:
    """Show how far a download or import is."""
    return FetchView.of(fetches.get(fetch_id))


@router.delete("/fetches/{fetch_id}", status_code=204, responses={204: {"description": "It is stopped."}})
def stop_fetch(fetch_id: FetchId, fetches: FetchesDep) -> None:
    """Stop a download or import and forget it. What was fetched is kept for the next time."""
    fetches.delete(fetch_id)


@router.post("/{name}/verify")
def verify_model(name: Name, library: LibraryDep) -> TrialView:
    """Check that a model is whole and works: load it in a process of its own and transcribe a sentence."""
    return TrialView.of(library.verify(check_name(name), CancelToken()))


@router.delete("/{name}", status_code=204, responses={204: {"description": "It is gone."}})
def remove_model(name: Name, library: LibraryDep) -> None:
    """Delete a model from the server."""
    library.remove(check_name(name), CancelToken())


def _known_field(name: str) -> None:
    if name not in _FIELDS:
        raise InvalidOption(f"There is no field '{name}'.", hint=f"There are: {', '.join(_FIELDS)}.", field=name)


def _read(kind: TypeAdapter[Any], fields: dict[str, str], name: str, otherwise: Any) -> Any:
    try:
        return kind.validate_python(fields[name]) if fields.get(name) else otherwise
    except ValidationError as error:
        raise InvalidOption(
            f"The field '{name}' can't be '{fields[name]}': {error.errors()[0]['msg']}.", field=name
        ) from None
