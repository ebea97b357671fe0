"""The command line: one function for each command, from `audapolis transcribe` to `audapolis speakers`.

Results go to stdout or files, everything else to stderr. Exit codes: 0 done, 2 bad usage or input, 1 failure,
130 after Ctrl-C. Whatever is heavy is imported inside the command that needs it, so that `--help` is instant.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__
from .errors import InvalidOption
from .terminal.arguments import Parser, add_settings
from .terminal.console import Console, OutputClosed, drop_stdout
from .terminal.exporting import add_export
from .terminal.models import add_models
from .terminal.options import add_batch, add_transcribe, read_options, typed_files
from .terminal.presets import add_presets
from .terminal.problems import DONE, FAILED, INTERRUPTED, NOBODY_LISTENS, exit_code, overall
from .terminal.report import add_report
from .terminal.serving import add_serve
from .terminal.speakers import add_speakers
from .terminal.templates import add_templates, draft_of
from .terminal.text import json_bytes, shown
from .terminal.translations import add_translate

if TYPE_CHECKING:
    from .advanced_export import AdvancedExporter
    from .config import Configuration, Settings
    from .terminal.inputs import Expanded
    from .terminal.summary import Outcome
    from .terminal.writing import Permission

_MOST_JOBS = 4
"""Recordings a batch works on at the same time unless told otherwise: each takes up to 500 MB."""

Command = Callable[[argparse.Namespace, Console], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: What follows the program's name; `sys.argv` when not given.

    Returns:
        The exit code.
    """
    code = _run(arguments)
    if arguments is None:
        from .terminal.interruption import leave

        leave(code)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    args = build_parser().parse_args(arguments)
    args.arguments = list(sys.argv[1:] if arguments is None else arguments)
    command: Command = args.run
    with Console(quiet=getattr(args, "quiet", False), verbose=getattr(args, "verbose", False)) as console:
        try:
            return command(args, console)
        except OutputClosed:
            drop_stdout()
            return NOBODY_LISTENS
        except KeyboardInterrupt:
            console.note("Stopped.")
            return INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the last line of defence: a message instead of a traceback
            console.problem("", error)
            return exit_code(error)


def build_parser() -> Parser:
    """Everything the command line understands."""
    parser = Parser(
        prog="audapolis",
        description="Turns speech into speaker-labelled, word-timed transcripts, on this machine.",
        epilog="'audapolis COMMAND --help' tells more. Try: audapolis transcribe talk.mp3",
    )
    parser.add_argument("--version", action="version", version=f"audapolis {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: Command, text: str) -> Parser:
        made: Parser = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        talk = made.add_mutually_exclusive_group()
        talk.add_argument("-q", "--quiet", action="store_true", help="say nothing but problems")
        talk.add_argument("-v", "--verbose", action="store_true", help="say where problems come from")
        parser.commands[name] = made
        return made

    add_transcribe(command("transcribe", _transcribe, "transcribe recordings"))
    add_batch(command("batch", _batch, "transcribe many recordings, several at a time, and go on after a stop"))
    add_export(command("export", _export, "turn finished transcripts into other formats"))
    add_translate(command("translate", _translate, "add a translation to a finished transcript"))
    listing = command("formats", _formats, "list the formats results can have")
    listing.add_argument("format", nargs="?", metavar="FORMAT", help="tell the options of this one")
    listing.add_argument("--json", action="store_true", help="as JSON, for programs")
    add_templates(command("templates", _templates, "keep and try templates of your own for results"))
    add_presets(command("presets", _presets, "keep formats with their options under a name"))
    add_serve(command("serve", _serve, "run the server"))
    add_report(command("report", _report, "tell what was done here, how fast, what failed and what to change"))
    doctor = command("doctor", _doctor, "tell what works here, what does not, and what to do about it")
    doctor.add_argument("--json", action="store_true", help="as JSON, for programs")
    config = command("config", _config, "show the settings and where each is from")
    config.add_argument("action", nargs="?", choices=("show",), default="show", help="what to do with them")
    config.add_argument("--json", action="store_true", help="as JSON, for programs")
    config.add_argument("--origin", action="store_true", help="tell the layer, file or variable each is from")
    add_models(command("models", _models, "list, fetch, import, check and delete speech and speaker models"))
    add_speakers(command("speakers", _speakers, "name voices, to know them again in later recordings"))
    for made in parser.commands.values():
        add_settings(made)
    return parser


def _transcribe(args: argparse.Namespace, console: Console) -> int:
    options, typed = read_options(args), typed_files(args)
    from .terminal.inputs import expand
    from .terminal.target import typed_target

    exporter = _exporter(args)
    found = expand(typed, folders=False)
    target = typed_target(args, exporter, inputs=len(found.files) + len(found.problems))
    plan = target.results(found.files)
    from .modern_pipeline import ModernPipeline
    from .performance_monitor import PerformanceMonitor
    from .terminal.interruption import Interruption
    from .terminal.oneshot import OneShot
    from .terminal.summary import to_resume

    settings = _settings(args).settings
    with Interruption() as stop, PerformanceMonitor(settings) as monitor, ModernPipeline(settings) as pipeline:
        pipeline.check(options)
        work = OneShot(
            pipeline=pipeline,
            watched=monitor.job,
            options=options,
            formats=target.formats,
            exporter=exporter.telling(monitor.listen),
            permission=_permission(args, console),
            console=console,
            cancel=stop.token,
        )
        codes = _tell_problems(found, console)
        outcomes = work.run(plan)
    _tell_notices(outcomes, console)
    if stop.token.cancelled:
        console.note(to_resume(outcomes, args.arguments, typed))
        return stop.code
    return overall([*codes, *(outcome.code for outcome in outcomes)])


def _batch(args: argparse.Namespace, console: Console) -> int:
    options, typed = read_options(args), typed_files(args)
    if args.output == "-":
        raise InvalidOption("A batch needs a folder for its results.", hint="Name one with -o.")
    from .terminal.inputs import expand
    from .terminal.target import typed_target

    args.output = f"{args.output or '.'}/"
    exporter = _exporter(args)
    found = expand(typed, folders=True)
    plan = typed_target(args, exporter, inputs=len(found.files) + len(found.problems)).results(found.files)
    from .modern_pipeline import ModernPipeline
    from .performance_monitor import PerformanceMonitor
    from .tasks import TaskManager
    from .terminal.batch import Batch
    from .terminal.interruption import Interruption
    from .terminal.ledger import Ledger
    from .terminal.summary import summary

    memory = Path(args.output, ".audapolis").absolute()
    settings = _batch_settings(args, memory, len(plan))
    with ModernPipeline(settings) as pipeline:
        pipeline.check(options)
    codes, tasks = _tell_problems(found, console), TaskManager(settings)
    with Interruption() as stop, Ledger(memory) as ledger, PerformanceMonitor(settings, sampling=True) as monitor:
        tasks.subscribe(monitor.listen)
        outcomes = Batch(
            jobs=tasks,
            ledger=ledger,
            options=options,
            exporter=exporter.telling(monitor.listen),
            permission=_permission(args, console),
            console=console,
        ).run(plan, stop.token)
    _tell_notices(outcomes, console)
    if not args.quiet:
        console.result(summary(outcomes).encode())
    if stop.token.cancelled:
        console.note("Stopped. Run the same command again to go on.")
        return stop.code
    return overall([*codes, *(outcome.code for outcome in outcomes)])


def _settings(args: argparse.Namespace, given: Mapping[str, object] | None = None) -> Configuration:
    """All settings, with what was typed over everything else."""
    from .config import load_configuration

    typed: dict[str, object] = {"preset": args.preset} if args.preset else {}
    return load_configuration(config_file=args.config, **typed, **(given or {}))


def _batch_settings(args: argparse.Namespace, memory: Path, recordings: int) -> Settings:
    """Several recordings at a time share the cores between them."""
    cores = len(os.sched_getaffinity(0))
    workers = args.jobs or max(1, min(cores, recordings, _MOST_JOBS))
    usual = _settings(args).settings
    given = {
        "data_dir": memory,
        "jobs": {"workers": workers},
        "transcription": {"processes": max(1, cores // workers)},
        "models": {"dir": usual.models_dir},  # these are shared, whatever folder results go to
        "diarization": {"voices_dir": usual.voices_dir},
        "analytics": {"dir": usual.analytics_dir},
    }
    return _settings(args, given).settings


def _exporter(args: argparse.Namespace) -> AdvancedExporter:
    """The exporter, which knows the user's templates, and the one typed with `--template`."""
    from .advanced_export import AdvancedExporter
    from .export.templates.shelf import TemplateShelf, WithOne

    shelf = TemplateShelf(_settings(args).settings.exports_dir / "templates")
    if getattr(args, "template", None) is None:
        return AdvancedExporter(shelf)
    args.formats = [*(args.formats or []), f"template:{WithOne.NAME}"]
    return AdvancedExporter(WithOne(shelf, draft_of(args.template)))


def _export(args: argparse.Namespace, console: Console) -> int:
    from .terminal.exporting import export_one, is_several

    exporter = _exporter(args)
    if is_several(args, exporter):
        return _export_several(args, exporter, console)
    export_one(args, exporter, _permission(args, console), console)
    return DONE


def _export_several(args: argparse.Namespace, exporter: AdvancedExporter, console: Console) -> int:
    from .export.workflow.outputs import PresetShelf
    from .terminal.exporting import export_several
    from .terminal.interruption import Interruption

    settings = _settings(args).settings
    presets, options = PresetShelf(settings.exports_dir / "presets"), settings.exports.storage_options
    with Interruption() as stop:
        code = export_several(args, exporter, presets, storage_options=options, console=console, cancel=stop.token)
    return stop.code if stop.token.cancelled else code


def _translate(args: argparse.Namespace, console: Console) -> int:
    from .advanced_export import AdvancedExporter
    from .terminal.translations import translate
    from .translation_desk import TranslationDesk

    desk, settings = TranslationDesk(), _settings(args).settings
    transcript = AdvancedExporter().open(Path(args.source)).transcript
    opener = partial(desk.translator, settings, service=args.service, model=args.model)
    translate(args, transcript, desk, opener, permission=_permission(args, console), console=console)
    return DONE


def _formats(args: argparse.Namespace, console: Console) -> int:
    from .terminal.formats import as_json, as_table, details

    formats = _exporter(args).formats()
    if args.json:
        console.result(as_json(formats))
    else:
        console.result(details(formats, args.format) if args.format else as_table(formats))
    return DONE


def _templates(args: argparse.Namespace, console: Console) -> int:
    from .template_desk import TemplateDesk
    from .terminal.templates import check_templates, run_templates

    check_templates(args)
    run_templates(args, TemplateDesk(_settings(args).settings.exports_dir / "templates"), console)
    return DONE


def _presets(args: argparse.Namespace, console: Console) -> int:
    from .export.workflow.outputs import PresetShelf
    from .terminal.presets import check_presets, run_presets

    check_presets(args)
    run_presets(args, PresetShelf(_settings(args).settings.exports_dir / "presets"), _exporter(args), console)
    return DONE


def _doctor(args: argparse.Namespace, console: Console) -> int:
    from .capabilities import Capabilities
    from .domain.codec import to_plain
    from .terminal.doctor import as_text
    from .terminal.style import style_of

    configuration = _settings(args)
    for notice in configuration.notices:
        console.note(notice)
    report = Capabilities(configuration.settings).report()
    console.result(json_bytes(to_plain(report)) if args.json else as_text(report, style_of()).encode())
    return DONE if report.healthy else FAILED


def _serve(args: argparse.Namespace, console: Console) -> int:
    from .main import Running, serve
    from .terminal.serving import listen

    def announce(running: Running) -> None:
        console.progress.line(f"Audapolis listens on {running.url}")
        console.progress.line(f"Token: {running.token}")

    server = {"host": args.host, "port": args.port}
    given: dict[str, object] = {"server": {key: value for key, value in server.items() if value is not None}}
    given |= {"data_dir": args.data_dir} if args.data_dir else {}
    given |= {"jobs": {"workers": args.workers}} if args.workers else {}
    configuration = _settings(args, given)
    server_settings = configuration.settings.server
    return serve(configuration, listen(server_settings.host, server_settings.port), announce)


def _report(args: argparse.Namespace, console: Console) -> int:
    from .knob_desk import KnobDesk
    from .performance_monitor import PerformanceMonitor
    from .terminal.report import tell, typed_period

    period, zone = typed_period(args)
    configuration = _settings(args, {"data_dir": args.data_dir} if args.data_dir else {})
    monitor = PerformanceMonitor(configuration.settings, knobs=KnobDesk(configuration, recover=False).knobs)
    tell(args, monitor.report(period, zone=zone), _permission(args, console), console)
    return DONE


def _config(args: argparse.Namespace, console: Console) -> int:
    from .terminal.configuration import as_json, as_text

    configuration = _settings(args)
    described = configuration.describe()
    for notice in configuration.notices:
        console.note(notice)
    content = json_bytes(as_json(described)) if args.json else as_text(described, origin=args.origin).encode()
    console.result(content)
    return DONE


def _models(args: argparse.Namespace, console: Console) -> int:
    from .models import ModelLibrary
    from .terminal.interruption import Interruption
    from .terminal.models import as_plain, as_text, check_models, run_models

    check_models(args)
    library = ModelLibrary(_settings(args).settings)
    if args.action == "list":
        console.result(json_bytes(as_plain(library)) if args.json else as_text(library).encode())
        return DONE
    with Interruption() as stop:
        run_models(args, library, console, stop.token)
    return DONE


def _speakers(args: argparse.Namespace, console: Console) -> int:
    from .terminal.speakers import check_speakers, run_speakers
    from .voice_book import VoiceBook

    check_speakers(args)
    run_speakers(args, VoiceBook(_settings(args).settings), console)
    return DONE


def _permission(args: argparse.Namespace, console: Console) -> Permission:
    from .terminal.writing import Permission

    return Permission(granted=args.overwrite, ask=console.ask)


def _tell_problems(found: Expanded, console: Console) -> list[int]:
    for typed, error in found.problems:
        console.problem(shown(typed), error)
    return [exit_code(error) for _, error in found.problems]


def _tell_notices(outcomes: Sequence[Outcome], console: Console) -> None:
    from .speech_choice import GET_WHISPER
    from .terminal.summary import notices

    for line in notices(outcomes, GET_WHISPER):
        console.note(line)
