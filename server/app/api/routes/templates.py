"""`/api/exports/templates`: templates of the user's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from ...errors import InvalidOption
from ...export.templates.shelf import Draft
from ..deps import AUTHORISED, TasksDep, TemplatesDep
from ..downloads import find_task
from ..schemas import ProblemView
from ..template_shapes import (
    DRAFT_EXAMPLE,
    PREVIEW_EXAMPLES,
    PreviewView,
    PreviewWish,
    TemplateDiff,
    TemplateDraft,
    TemplateList,
    TemplateView,
)

router = APIRouter(
    prefix="/api/exports/templates",
    tags=["templates"],
    dependencies=AUTHORISED,
    responses={"default": {"model": ProblemView}},
)
Name = Annotated[str, Path(description="Name of the template.", examples=["minutes"])]
Version = Annotated[int, Path(ge=1, description="Number of the version, from 1.", examples=[1])]


@router.get("")
def list_templates(templates: TemplatesDep) -> TemplateList:
    """List the templates, by name. Each is an export format too: `template:NAME`."""
    return TemplateList.of(templates.shelf.list())


@router.post("/preview")
def preview_template(
    wish: Annotated[PreviewWish, Body(openapi_examples=PREVIEW_EXAMPLES)], templates: TemplatesDep, tasks: TasksDep
) -> PreviewView:
    """Try a template, saved or not, on a transcript or on the built-in sample. What is too long is cut."""
    transcript = tasks.transcript(find_task(wish.transcript_id, tasks)) if wish.transcript_id else None
    if (wish.source is None) == (wish.name is None):
        raise InvalidOption("A preview takes a source or a name, and not both.", field="source")
    saved = templates.shelf.get(wish.name, wish.version).draft if wish.name else None
    shown = templates.preview(saved or Draft(wish.source or "", wish.extension), transcript)
    return PreviewView(text=shown.text, cut=shown.cut)


@router.get("/{name}")
def get_template(
    name: Name,
    templates: TemplatesDep,
    version: Annotated[int | None, Query(ge=1, description="The newest when not given.")] = None,
) -> TemplateView:
    """Show a template, as it is or as it was."""
    return TemplateView.of(templates.shelf.get(name, version))


@router.put("/{name}")
def save_template(
    name: Name, templates: TemplatesDep, draft: Annotated[TemplateDraft, Body(examples=[DRAFT_EXAMPLE])]
) -> TemplateView:
    """Save a template as a new version; former ones stay. 422 tells what is wrong with it, and in which line."""
    return TemplateView.of_saved(templates.save(name, draft.draft()))


@router.delete("/{name}", status_code=204, responses={204: {"description": "It is gone."}})
def delete_template(name: Name, templates: TemplatesDep) -> None:
    """Delete a template with all its versions."""
    templates.shelf.delete(name)


@router.get("/{name}/versions")
def list_versions(name: Name, templates: TemplatesDep) -> TemplateList:
    """List the versions of a template, the newest first."""
    return TemplateList.of(templates.shelf.versions(name))


@router.get("/{name}/diff")
def compare_versions(
    name: Name,
    templates: TemplatesDep,
    before: Annotated[int, Query(ge=1, examples=[1])],
    after: Annotated[int, Query(ge=1, examples=[2])],
) -> TemplateDiff:
    """Tell what changed between two versions."""
    return TemplateDiff(diff=templates.shelf.diff(name, before, after))


@router.post("/{name}/versions/{version}/restore")
def restore_version(name: Name, version: Version, templates: TemplatesDep) -> TemplateView:
    """Make a former version the present one, by saving it again."""
    return TemplateView.of(templates.shelf.restore(name, version))
