"""The server put together: `create_app` wires doors to routes, `serve` runs the result."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import AsyncIterator, Callable
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
from .api import errors
from .api.auth import new_token
from .api.events import Live
from .api.interactive import sweep as sweep_interactive
from .api.legacy_models import Downloads
from .api.middleware import TRUSTED_ORIGINS, BodyLimit, LocalHostsOnly
from .api.routes import exports, legacy, openai, system, transcripts
from .api.routes import tasks as task_routes
from .api.uploads import UPLOAD_PATHS, sweep
from .config import Settings
from .domain.options import TranscribeOptions
from .errors import AudapolisError
from .models import ModelLibrary
from .tasks import TaskManager

if TYPE_CHECKING:
    from .diarization_bridge import DiarizationBridge
    from .transcription_bridge import TranscriptionBridge

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


def create_app(settings: Settings, tasks: TaskManager | None = None) -> FastAPI:
    """Build the web application.

    Its `state` holds `token`, the one clients must send. Starting it starts the job queue, stopping it stops it.

    Args:
        settings: All settings.
        tasks: The job queue; made from the settings when not given.
    """
    app = FastAPI(
        title="Audapolis",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.token = settings.server.token or new_token()
    app.state.tasks = tasks or TaskManager(settings)
    app.state.exporter = AdvancedExporter()
    app.state.library = ModelLibrary(settings)
    app.state.check = _checker(settings)
    app.state.downloads = Downloads()
    app.state.failure = None
    errors.install(app)
    _add_middleware(app, settings)
    _add_routes(app)
    return app


def serve(settings: Settings, listener: socket.socket, announce: Callable[[Running], None]) -> int:
    """Run the server until SIGINT or SIGTERM, letting requests under way finish.

    Args:
        settings: All settings.
        listener: A bound, listening socket; closed in the end.
        announce: Called once, when requests are taken.

    Returns:
        0 after an orderly end.

    Raises:
        AudapolisError: The server could not start; the message says why.
    """
    app = create_app(settings)
    host, port = listener.getsockname()[:2]
    server = Server(app, lambda: announce(Running(host, port, app.state.token)))
    with suppress(SystemExit, KeyboardInterrupt), listener:  # uvicorn's ways to say "did not start" and "stopped"
        server.run(sockets=[listener])
    if app.state.failure is not None:
        raise app.state.failure
    return 0 if server.started else 1


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
    try:
        await asyncio.to_thread(app.state.tasks.start)
    except AudapolisError as error:
        app.state.failure = error
        raise
    await asyncio.to_thread(sweep, app.state.settings)
    await asyncio.to_thread(sweep_interactive, app.state.settings, app.state.tasks)
    unsubscribe = app.state.tasks.subscribe(app.state.live.notify)
    try:
        yield
    finally:
        app.state.live.close()
        unsubscribe()
        await asyncio.to_thread(app.state.tasks.stop)


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    app.add_middleware(BodyLimit, uploads=UPLOAD_PATHS)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=TRUSTED_ORIGINS,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["Audapolis-Losses", "Content-Disposition", "Location"],
        allow_private_network=True,
    )
    if _is_loopback(settings.server.host):
        app.add_middleware(LocalHostsOnly)


def _add_routes(app: FastAPI) -> None:
    for routes in (system, task_routes, transcripts, exports, legacy, openai):
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
