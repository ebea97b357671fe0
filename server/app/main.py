"""The server put together: `create_app` wires doors to routes, `serve` runs the result."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from . import __version__
from .advanced_export import AdvancedExporter
from .aftermath import Aftermath
from .api import errors
from .api.auth import new_token
from .api.configuration import Survey, check_settings, look_elsewhere, misfits_of
from .api.downloads import check_done, subject_of
from .api.events import Live
from .api.fetches import Fetches
from .api.interactive import is_interactive
from .api.interactive import sweep as sweep_interactive
from .api.legacy_models import Downloads
from .api.middleware import TRUSTED_ORIGINS, BodyLimit, LocalHostsOnly, TellServed
from .api.routes import (
    analytics,
    batches,
    exports,
    feedback,
    knobs,
    legacy,
    metrics,
    openai,
    system,
    templates,
    transcripts,
    translations,
    webhooks,
)
from .api.routes import configuration as configuration_routes
from .api.routes import models as model_routes
from .api.routes import tasks as task_routes
from .api.uploads import UPLOAD_PATHS, sweep
from .catalog.entries import SPEECH_ENGINES
from .config import Configuration, Settings
from .domain.events import JobQueued
from .domain.options import TranscribeOptions
from .errors import AudapolisError
from .export_desk import ExportDesk
from .knob_desk import KnobDesk
from .logs.setup import configure as configure_log
from .models import ModelLibrary
from .performance_monitor import PerformanceMonitor
from .settings.stored import Change
from .tasks import TaskManager
from .template_desk import TemplateDesk
from .tuning.surroundings import look_around
from .webhook_desk import WebhookDesk

if TYPE_CHECKING:
    from .diarization_bridge import DiarizationBridge
    from .transcription_bridge import TranscriptionBridge

log = logging.getLogger(__name__)

SHUTDOWN_S = 5
"""How long requests under way may take to finish when the server stops."""

DESCRIPTION = (
    "Turns recordings into speaker-labelled, word-timed transcripts. Send the token the server printed when it "
    "started as `Authorization: Bearer TOKEN`. Errors are problem details (RFC 9457)."
)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that takes requests now."""

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        """Where it can be reached."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def create_app(settings: Settings | Configuration, tasks: TaskManager | None = None) -> FastAPI:
    """Build the web application.

    Its `state` holds `token`, the one clients must send. Starting it starts the job queue, stopping it stops it.

    Args:
        settings: All settings; as a `Configuration` where their origin is known.
        tasks: The job queue; made from the settings when not given.
    """
    configuration = settings if isinstance(settings, Configuration) else Configuration.of(settings)
    settings = configuration.settings
    app = FastAPI(
        title="Audapolis",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.configuration = configuration
    app.state.settings = settings
    app.state.token = settings.server.token or new_token()
    app.state.tasks = tasks or TaskManager(settings)
    app.state.monitor = PerformanceMonitor(
        settings,
        sampling=True,
        recall=lambda job_id: _queued(app.state.tasks, job_id),
        knobs=lambda: app.state.knobs.knobs(),  # noqa: PLW0108 - made below
    )
    app.state.knobs = KnobDesk(
        configuration,
        room=lambda settings: look_around(settings.cache_dir, _speech_models(app.state.library)),
        check=check_settings,
        on_change=app.state.monitor.note_turn,
    )
    app.state.templates = TemplateDesk(settings.exports_dir / "templates")
    app.state.exporter = AdvancedExporter(app.state.templates.shelf, app.state.monitor.listen)
    app.state.export_desk = ExportDesk(
        lambda: app.state.settings,
        app.state.exporter,
        find=lambda subject: subject_of(subject, app.state.tasks),
        check=lambda subject: check_done(subject, app.state.tasks),
    )
    app.state.webhooks = WebhookDesk(settings)
    app.state.survey = Survey(look_elsewhere)
    app.state.library = ModelLibrary(settings)
    app.state.fetches = Fetches(lambda: app.state.library)
    app.state.downloads = Downloads(lambda: app.state.library, app.state.fetches)
    app.state.failure = None
    _follow(app, settings, [])
    configuration.subscribe(lambda _, changes: app.state.monitor.note_changes(changes))
    configuration.subscribe(lambda changed, changes: _follow(app, changed, changes))
    errors.install(app)
    _add_middleware(app, settings)
    _add_routes(app)
    return app


def _follow(app: FastAPI, settings: Settings, changes: Sequence[Change]) -> None:
    """Make the settings those that requests and jobs see from now on."""
    app.state.settings = settings
    app.state.monitor.renew(settings)
    app.state.library = ModelLibrary(settings)
    app.state.check = _checker(settings)
    if any(change.key == "log_level" for change in changes):
        logging.getLogger(__package__).setLevel(settings.log_level.upper())
    if any(change.effect == "next job" or change.key == "log_level" for change in changes):
        app.state.tasks.renew(settings)


def _speech_models(library: ModelLibrary) -> tuple[str, ...]:
    """Names of the models on this machine that recognise speech."""
    return tuple(model.name for model in library.installed() if model.engine in SPEECH_ENGINES)


def _queued(tasks: TaskManager, job_id: str) -> JobQueued | None:
    """How a job was queued that was so before this process began."""
    with suppress(AudapolisError):
        job = tasks.get(job_id)
        return JobQueued(
            at=job.created_at,
            job_id=job.id,
            origin=job.origin,
            client=job.client,
            kind=job.kind,
            priority=job.priority,
        )
    return None


def serve(settings: Settings | Configuration, listener: socket.socket, announce: Callable[[Running], None]) -> int:
    """Run the server until SIGINT or SIGTERM, letting requests under way finish.

    Args:
        settings: All settings; as a `Configuration` where their origin is known.
        listener: A bound, listening socket; closed in the end.
        announce: Called once, when requests are taken.

    Returns:
        0 after an orderly end.

    Raises:
        AudapolisError: The server could not start; the message says why.
    """
    app = create_app(settings)
    host, port = listener.getsockname()[:2]
    configure_log(app.state.settings.log_format, app.state.settings.log_level)

    def tell() -> None:
        announce(Running(host, port, app.state.token))
        threading.Thread(target=_log_conflicts, args=(app.state.configuration,), name="conflicts", daemon=True).start()

    server = Server(app, tell)
    with suppress(SystemExit, KeyboardInterrupt), listener:  # uvicorn's ways to say "did not start" and "stopped"
        server.run(sockets=[listener])
    if app.state.failure is not None:
        raise app.state.failure
    return 0 if server.started else 1


def _log_conflicts(configuration: Configuration) -> None:
    """Tell at the start what does not fit; only a service, so it breaks nothing."""
    for notice in configuration.notices:
        log.warning("%s", notice)
    try:
        for misfit in misfits_of(configuration.settings):
            level = logging.ERROR if misfit.severity == "error" else logging.WARNING
            log.log(level, "%s %s (%s)", misfit.message, misfit.remedy, ", ".join(misfit.settings))
    except Exception:
        log.exception("The machine could not be looked at")


class Server(uvicorn.Server):
    """Tells when it takes requests, and ends event streams when it stops.

    Args:
        app: What `create_app` built.
        announce: Called once, in the event loop, when requests are taken.
    """

    def __init__(self, app: FastAPI, announce: Callable[[], None]) -> None:
        # uvicorn's own log would repeat ours with tracebacks; what breaks in a request is logged by api.errors.
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
        super().__init__(config)
        self._app = app
        self._announce = announce

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop on a signal; at once on a second Ctrl-C.

        uvicorn's own handler would raise the signal again after an orderly end, which then counts as a crash.
        """
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then tell."""
        await super().startup(sockets)
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests and let those under way finish."""
        self._app.state.live.close()
        await super().shutdown(sockets)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.live = Live()
    monitor: PerformanceMonitor = app.state.monitor
    unsubscribe = [app.state.tasks.subscribe(monitor.listen), app.state.export_desk.subscribe(monitor.listen)]
    try:
        await asyncio.to_thread(monitor.start)
        await asyncio.to_thread(app.state.tasks.start)
    except AudapolisError as error:
        app.state.failure = error
        await asyncio.to_thread(monitor.stop)
        raise
    await asyncio.to_thread(sweep, app.state.settings)
    await asyncio.to_thread(sweep_interactive, app.state.settings, app.state.tasks)
    aftermath = Aftermath(
        app.state.tasks, app.state.export_desk, app.state.webhooks, passed_over=is_interactive(app.state.settings)
    )
    for part in (app.state.export_desk, app.state.webhooks, aftermath):
        await asyncio.to_thread(part.start)
    unsubscribe.append(app.state.tasks.subscribe(app.state.live.notify))
    try:
        yield
    finally:
        app.state.live.close()
        app.state.fetches.close()
        for part in (aftermath, app.state.webhooks, app.state.export_desk):
            await asyncio.to_thread(part.stop)
        await asyncio.to_thread(app.state.tasks.stop)
        for end in unsubscribe:
            end()
        await asyncio.to_thread(monitor.stop)


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    app.add_middleware(BodyLimit, uploads=UPLOAD_PATHS)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=TRUSTED_ORIGINS,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-Match", "Last-Event-ID"],
        expose_headers=["Audapolis-Losses", "Content-Disposition", "ETag", "Location"],
        allow_private_network=True,
    )
    if _is_loopback(settings.server.host):
        app.add_middleware(LocalHostsOnly)
    app.add_middleware(TellServed, emit=app.state.monitor.listen)  # last, so that it sees what the others answer


def _add_routes(app: FastAPI) -> None:
    native = (system, configuration_routes, task_routes, transcripts, translations, exports, templates)
    watching = (feedback, analytics, knobs, metrics)
    for routes in (*native, batches, webhooks, model_routes, *watching, legacy, openai):
        app.include_router(routes.router)


def _checker(settings: Settings) -> Callable[[TranscribeOptions], None]:
    @cache
    def bridges() -> tuple[TranscriptionBridge, DiarizationBridge]:
        from .diarization_bridge import DiarizationBridge  # with numpy, which would delay the start
        from .transcription_bridge import TranscriptionBridge

        return TranscriptionBridge(settings), DiarizationBridge(settings)

    def check(options: TranscribeOptions) -> None:
        for bridge in bridges():
            bridge.check(options)

    return check


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
