"""`/api/analytics`: what happened here, as answers, over time, of one job, at this moment; advice; forgetting."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from ...analytics.plain import plain
from ...analytics.series import SERIES
from ...analytics.tables import rows_of, rows_of_curves
from ...analytics.waterfall import waterfall
from ...errors import Conflict, InvalidOption, UnknownName
from ...tuning.turns import Turn
from .. import analytics_shapes as shapes
from ..analytics_stream import now_stream, now_view
from ..deps import AUTHORISED, AddressDep, ClientDep, KnobDeskDep, LiveDep, MonitorDep, RememberingDep
from ..knob_shapes import TURN_ANSWER
from ..periods import ByDep, PeriodDep, ZoneDep
from ..schemas import ProblemView

router = APIRouter(
    prefix="/api/analytics",
    tags=["analytics"],
    dependencies=AUTHORISED,
    responses={"default": {"model": ProblemView}},
)
JobId = Annotated[
    str, Path(description="Id of the job: of its task.", examples=["6d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5"])
]
Form = Annotated[Literal["json", "csv"], Query(description="How it is written.")]

_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter: nginx must not hold it back
_REPORT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def _answers(description: str, **examples: Any) -> dict[int | str, dict[str, Any]]:
    types = {"json": "application/json", "csv": "text/csv", "html": "text/html", "events": "text/event-stream"}
    return {
        200: {
            "description": description,
            "content": {types[name]: {"example": example} for name, example in examples.items()},
        }
    }


@router.get("")
def list_questions(monitor: MonitorDep) -> shapes.AnalyticsView:
    """List what can be asked: questions, what to group by, what figures mean, and series of samples."""
    return shapes.AnalyticsView.of(enabled=monitor.enabled)


@router.get("/now", response_class=Response, responses=_answers("This moment.", json=shapes.NOW_EXAMPLE))
def get_now(monitor: RememberingDep) -> Response:
    """Tell what goes on at this moment: who waits, who works, and the latest look at the machine."""
    return shapes.as_json(now_view(monitor.now()))


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses=_answers("Server-sent events.", events=shapes.STREAM_EXAMPLE),
)
def watch_now(monitor: RememberingDep, live: LiveDep) -> Response:
    """Follow what goes on: `now` events with what `/now` tells, at once and whenever it changed, at most one a second.

    Quiet lines get a comment every 15 s. Never ends by itself.
    """
    return StreamingResponse(now_stream(live, monitor), media_type="text/event-stream", headers=_STREAM_HEADERS)


@router.get(
    "/report",
    response_class=Response,
    responses=_answers("The report.", html="<!doctype html>…", json=shapes.REPORT_EXAMPLE),
)
def get_report(
    monitor: RememberingDep,
    period: PeriodDep,
    zone: ZoneDep,
    format: Annotated[
        Literal["html", "json"], Query(description="A page that loads nothing, or its figures.")
    ] = "html",
) -> Response:
    """Tell all there is to say about a period on one page, as `audapolis report` does."""
    if format == "json":
        return shapes.as_json(plain(monitor.report_json(period, zone)))
    return HTMLResponse(monitor.report_html(period, zone), headers=_REPORT_HEADERS)


@router.get(
    "/jobs/{job_id}",
    response_class=Response,
    responses=_answers("The waterfall.", json=shapes.WATERFALL_EXAMPLE),
)
def get_job(job_id: JobId, monitor: RememberingDep) -> Response:
    """Tell where one job's time went: its wait, the loading of its models, each of its stages.

    Bars that its end waited for are `critical`. Only jobs that have ended are told of.
    """
    return shapes.as_json(plain(waterfall(monitor.history, job_id)))


@router.get(
    "/series/{series}",
    response_class=Response,
    responses=_answers("The curves.", json=shapes.CURVES_EXAMPLE, csv=shapes.CURVES_CSV),
)
def get_series(
    *,
    series: Annotated[str, Path(description="One of GET /api/analytics.", examples=["cpu.utilisation"])],
    request: Request,
    monitor: RememberingDep,
    period: PeriodDep,
    step_s: Annotated[
        float | None,
        Query(gt=0, allow_inf_nan=False, description="Length of a step in seconds; such that there are 500 at most."),
    ] = None,
    format: Form = "json",
) -> Response:
    """Show a series of samples over time: a curve for each combination of labels.

    Each step has the mean, the least and the greatest of its samples; steps without any are left out.
    `label.NAME=VALUE` picks curves, such as `label.device=cuda:0`.
    """
    if series not in SERIES:
        raise UnknownName("series", series, SERIES)
    shapes.check_step(period, step_s)
    known = SERIES[series]
    curves = monitor.history.curves(series, period, step_s=step_s, labels=_labels(request, known.labels))
    if format == "csv":
        columns = (*known.labels, "at", "mean", "low", "high", "count")
        return shapes.as_csv(series, rows_of_curves(curves), columns)
    return shapes.as_json(shapes.curves_view(known, period, curves))


@router.get(
    "/{question}",
    response_class=Response,
    responses=_answers("The answer.", json=shapes.ANSWER_EXAMPLE, csv=shapes.ANSWER_CSV),
)
def ask(
    *,
    question: Annotated[str, Path(description="One of GET /api/analytics.", examples=["processing"])],
    monitor: RememberingDep,
    period: PeriodDep,
    by: ByDep,
    zone: ZoneDep,
    format: Form = "json",
) -> Response:
    """Answer a question about a period. Times are Unix times; what is not known is null, in CSV an empty cell.

    As CSV there is a row for each entry of the answer, or for each figure where it is one record.
    """
    answer = monitor.ask(question, period, by=by, zone=zone)
    if format == "csv":
        return shapes.as_csv(question, rows_of(answer))
    return shapes.as_json(
        {"question": question, "period": plain(period), "by": by, "zone": str(zone), "answer": plain(answer)}
    )


@router.post("/advice/{advice_id}/apply", responses=TURN_ANSWER)
def apply_advice(
    advice_id: Annotated[str, Path(description="Id of the advice.", examples=["more_workers-2"])],
    monitor: RememberingDep,
    desk: KnobDeskDep,
    period: PeriodDep,
    address: AddressDep,
) -> Turn:
    """Turn the knob that a piece of advice names, with its evidence and what it is to bring about on record.

    Give the period that the advice was asked for. 409 where it is not given any longer, or names no knob, or where
    programs may not turn that knob now; people may still by `PUT /api/knobs/{name}`.
    """
    given = next((each for each in monitor.advice(period) if each.id == advice_id), None)
    if given is None:
        raise Conflict(
            f"The advice '{advice_id}' is not given for this period, or not any longer.",
            hint="GET /api/analytics/advice tells what is advised now; give the same period to both.",
        )
    if given.turn is None:
        raise Conflict(f"No knob does what is advised, a person has to: {given.do}", hint=given.costs)
    return desk.turn(
        given.turn.knob,
        given.turn.value,
        by=f"advice applied by {address}",
        reason=given.do,
        evidence=plain({"advice": given.id, "why": given.why, "confidence": given.confidence, "period": period}),
        expect=plain(given.expect),
    )


@router.delete("/jobs/{job_id}")
def forget_job(job_id: JobId, monitor: MonitorDep) -> shapes.Forgotten:
    """Forget for good everything about a job that has ended, and its transcript. The task itself stays."""
    monitor.settle()
    return shapes.Forgotten(facts=monitor.history.forget_job(job_id))


@router.delete("/clients/{client}")
def forget_client(
    client: Annotated[str, Path(description="Digest of the client, or `me`.", examples=["3f9a0c61be72"])],
    monitor: MonitorDep,
    me: ClientDep,
) -> shapes.Forgotten:
    """Forget for good everything about all jobs of a client: of a digest as answers show it, or of whoever asks."""
    monitor.settle()
    return shapes.Forgotten(facts=monitor.history.forget_client(me if client == "me" else client))


@router.delete("")
def forget_all(
    monitor: MonitorDep,
    confirm: Annotated[str, Query(description="`all`, so that nobody does it by mistake.", examples=["all"])] = "",
) -> shapes.Forgotten:
    """Forget everything for good: facts and samples. Tasks and transcripts stay."""
    if confirm != "all":
        raise InvalidOption(
            "This forgets all that was ever remembered here.", hint="Add ?confirm=all to do it.", field="confirm"
        )
    monitor.settle()
    return shapes.Forgotten(facts=monitor.history.forget_all())


def _labels(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    """The labels that curves must have, from `label.NAME` in the query."""
    wanted = {
        name.removeprefix("label."): value for name, value in request.query_params.items() if name.startswith("label.")
    }
    for name in wanted:
        if name not in known:
            raise UnknownName("label", name, known)
    return wanted
