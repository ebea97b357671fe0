"""`/api/config`: the settings, where each is from, and changing them; `/api/capabilities`: what can be done here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request, Response

from ...survey.report import Report
from ..configuration import ConfigChanged, ConfigView, check_patch, check_settings, misfits_of
from ..deps import AUTHORISED, ConfigurationDep, SurveyDep
from ..schemas import ProblemView

router = APIRouter(
    prefix="/api", tags=["system"], dependencies=AUTHORISED, responses={"default": {"model": ProblemView}}
)

_ETAG = {"ETag": {"description": "Names this state of the settings.", "schema": {"type": "string"}}}
_PATCH_EXAMPLES = {
    "change": {"summary": "Change two settings", "value": {"speech": {"threshold": 0.6}, "log_level": "debug"}},
    "take back": {"summary": "Take an earlier change back", "value": {"speech": {"threshold": None}}},
}
_REPORT_EXAMPLE = {
    "schema": "audapolis.capabilities/1",
    "version": "0.1.0",
    "healthy": True,
    "capabilities": [
        {
            "name": "cuda",
            "kind": "device",
            "available": False,
            "detail": "",
            "reason": "No NVIDIA driver is at hand.",
            "remedy": "With an NVIDIA GPU: install its driver, and audapolis[gpu] for the CUDA libraries.",
            "instead": "cpu",
        }
    ],
    "recommended": {"preset": "enhanced", "model": "small", "settings": {"jobs.workers": 1}, "because": ["…"]},
}


@router.get("/config", responses={200: {"headers": _ETAG}})
def get_config(configuration: ConfigurationDep, response: Response) -> ConfigView:
    """Show the settings, where each is from, when a change takes effect, and what does not fit this machine."""
    response.headers["ETag"] = f'"{configuration.tag}"'
    return ConfigView.of(configuration, misfits_of(configuration.settings))


@router.patch("/config", responses={200: {"headers": _ETAG}})
def change_config(
    request: Request,
    response: Response,
    configuration: ConfigurationDep,
    patch: Annotated[dict[str, Any], Body(media_type="application/merge-patch+json", openapi_examples=_PATCH_EXAMPLES)],
    if_match: Annotated[str | None, Header(description="ETags of the states the change is meant for.")] = None,
) -> ConfigChanged:
    """Change settings by a JSON merge patch (RFC 7396): all of it or nothing.

    `null` takes an earlier change back. Changes are kept for the next start. 422 tells every wrong value, 409 every
    setting that can't be changed while the server runs, 412 that the settings are not those of `If-Match`.
    """
    check_patch(patch)
    changes = configuration.change(
        patch,
        by=request.client.host if request.client else "unknown",
        unless_changed_since=_tags(if_match),
        check=check_settings,
    )
    response.headers["ETag"] = f'"{configuration.tag}"'
    return ConfigChanged.of_changes(configuration, misfits_of(configuration.settings), changes)


@router.get("/capabilities", responses={200: {"content": {"application/json": {"example": _REPORT_EXAMPLE}}}})
def get_capabilities(configuration: ConfigurationDep, survey: SurveyDep) -> Report:
    """Tell what this installation can do, and for the rest why not, what would help and what is used instead.

    The same as `audapolis doctor --json`. Looking takes about a second; the answer is remembered for ten.
    """
    return survey.report(configuration.settings)


def _tags(if_match: str | None) -> list[str] | None:
    """The tags in an If-Match header (RFC 9110, section 13.1.1); None where any state will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    return [tag.strip().removeprefix('"').removesuffix('"') for tag in if_match.split(",")]
