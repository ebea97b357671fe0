"""What routes are given: the doors, taken from the application they run in."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request

from ..advanced_export import AdvancedExporter
from ..analytics.digests import Digests
from ..config import Configuration, Settings
from ..domain.options import TranscribeOptions
from ..export_desk import ExportDesk
from ..knob_desk import KnobDesk
from ..models import ModelLibrary
from ..performance_monitor import PerformanceMonitor
from ..tasks import TaskManager
from ..template_desk import TemplateDesk
from ..translation_desk import TranslationDesk
from ..webhook_desk import WebhookDesk
from .auth import authorised
from .configuration import Survey
from .events import Live
from .fetches import Fetches
from .interactive import Interactive
from .legacy_models import Downloads
from .openai_desk import Desk


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _tasks(request: Request) -> TaskManager:
    tasks: TaskManager = request.app.state.tasks
    return tasks


def _live(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


def _exporter(request: Request) -> AdvancedExporter:
    exporter: AdvancedExporter = request.app.state.exporter
    return exporter


def _templates(request: Request) -> TemplateDesk:
    templates: TemplateDesk = request.app.state.templates
    return templates


def _webhooks(request: Request) -> WebhookDesk:
    desk: WebhookDesk = request.app.state.webhooks
    return desk


def _export_desk(request: Request) -> ExportDesk:
    desk: ExportDesk = request.app.state.export_desk
    return desk


def _downloads(request: Request) -> Downloads:
    downloads: Downloads = request.app.state.downloads
    return downloads


def _fetches(request: Request) -> Fetches:
    fetches: Fetches = request.app.state.fetches
    return fetches


def _check(request: Request) -> Callable[[TranscribeOptions], None]:
    check: Callable[[TranscribeOptions], None] = request.app.state.check
    return check


def _library(request: Request) -> ModelLibrary:
    library: ModelLibrary = request.app.state.library
    return library


_digests = lru_cache(maxsize=8)(Digests)


def _client(request: Request) -> str:
    """Tells clients apart by a digest of their token and address; "" where that is not to be known."""
    settings = _settings(request)
    if not (settings.analytics.enabled and settings.analytics.clients):
        return ""
    address = request.client.host if request.client else ""
    token = request.headers.get("authorization", "").partition(" ")[2].strip()
    return _digests(settings.analytics_dir).of(f"{token}\n{address}")


def _desk(request: Request) -> Desk:
    state = request.app.state
    jobs = Interactive(state.tasks, state.live, state.settings)
    return Desk(state.tasks, jobs, state.library, state.exporter, state.settings, state.check, _client(request))


def _configuration(request: Request) -> Configuration:
    configuration: Configuration = request.app.state.configuration
    return configuration


def _monitor(request: Request) -> PerformanceMonitor:
    monitor: PerformanceMonitor = request.app.state.monitor
    return monitor


def _remembering(request: Request) -> PerformanceMonitor:
    """The monitor, where anything is remembered.

    Raises:
        Conflict: Analytics are switched off.
    """
    monitor = _monitor(request)
    monitor.check_enabled()
    return monitor


def _knobs(request: Request) -> KnobDesk:
    desk: KnobDesk = request.app.state.knobs
    return desk


def _address(request: Request) -> str:
    """Where a request comes from, as records of changes name it."""
    return request.client.host if request.client else "unknown"


def _survey(request: Request) -> Survey:
    survey: Survey = request.app.state.survey
    return survey


MonitorDep = Annotated[PerformanceMonitor, Depends(_monitor)]
RememberingDep = Annotated[PerformanceMonitor, Depends(_remembering)]
KnobDeskDep = Annotated[KnobDesk, Depends(_knobs)]
AddressDep = Annotated[str, Depends(_address)]
ClientDep = Annotated[str, Depends(_client)]
SettingsDep = Annotated[Settings, Depends(_settings)]
ConfigurationDep = Annotated[Configuration, Depends(_configuration)]
SurveyDep = Annotated[Survey, Depends(_survey)]
TasksDep = Annotated[TaskManager, Depends(_tasks)]
LiveDep = Annotated[Live, Depends(_live)]
ExporterDep = Annotated[AdvancedExporter, Depends(_exporter)]
TemplatesDep = Annotated[TemplateDesk, Depends(_templates)]
WebhooksDep = Annotated[WebhookDesk, Depends(_webhooks)]
ExportDeskDep = Annotated[ExportDesk, Depends(_export_desk)]
DownloadsDep = Annotated[Downloads, Depends(_downloads)]
FetchesDep = Annotated[Fetches, Depends(_fetches)]
LibraryDep = Annotated[ModelLibrary, Depends(_library)]
TranslationsDep = Annotated[TranslationDesk, Depends(TranslationDesk)]
DeskDep = Annotated[Desk, Depends(_desk)]
ChecksDep = Annotated[Callable[[TranscribeOptions], None], Depends(_check)]
AUTHORISED = [Depends(authorised)]
