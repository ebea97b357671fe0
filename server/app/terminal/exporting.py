"""The command `export`: what was typed, and many transcripts in many formats at once."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InvalidOption
from .arguments import Formats, Parser
from .console import Console, label
from .problems import DONE, INTERRUPTED, error_named, exit_code, overall
from .text import counted, shown
from .translations import add_languages, check_languages, in_languages

if TYPE_CHECKING:  # the parser is made for every command, and has to be quick
    from ..domain.cancellation import CancelToken
    from ..export.base import FormatInfo, Written
    from ..export.material import Material
    from ..export.options import OptionValue
    from ..export.workflow.ledger import Entry
    from ..export.workflow.outputs import Output, PresetShelf
    from ..export.workflow.plan import Subject
    from ..export.workflow.running import Result
    from .delivery import Exporter as DeliveringExporter
    from .target import Formats as NamedFormats
    from .writing import Permission

    class OneExporter(DeliveringExporter, NamedFormats, Protocol):
        """The same for one result."""

        def check(self, format_id: str, options: Mapping[str, OptionValue] | None = None) -> FormatInfo: ...  # noqa: D102
        def open(self, path: Path, *, media: Sequence[Path] = (), format_id: str = "json") -> Material: ...  # noqa: D102


_BLOCK_BYTES = 1 << 20


class Exporter(Protocol):
    """What is needed of the exporter; see `advanced_export.AdvancedExporter`."""

    def check(self, format_id: str, options: Mapping[str, OptionValue] | None = None) -> FormatInfo: ...  # noqa: D102
    def edition(self, format_id: str) -> str: ...  # noqa: D102
    def open(self, path: Path, *, media: Sequence[Path] = (), format_id: str = "json") -> Material: ...  # noqa: D102
    def write(  # noqa: D102
        self,
        subject: Material,
        path: Path,
        format_id: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        overwrite: bool = False,
    ) -> Written: ...


def add_export(parser: Parser) -> None:
    """Make the parser understand the command."""
    add = parser.add_argument
    add(
        "sources", nargs="*", metavar="TRANSCRIPT.json|DOCUMENT.audapolis", help="what 'transcribe' or the editor saved"
    )
    add(
        "-f",
        "--format",
        dest="formats",
        nargs="+",
        action=Formats,
        metavar="FORMAT",
        help="the formats wanted (default: by the output file's extension)",
    )
    add("--template", type=Path, metavar="FILE", help="a template of your own instead of a format")
    add(
        "-p",
        "--export-preset",
        dest="export_presets",
        action="append",
        default=[],
        metavar="NAME",
        help="formats and options that were kept under a name; may be given several times",
    )
    add("-o", "--output", metavar="FILE|DIR|OUT.zip|URL", help="where results go; standard output when not given")
    add(
        "-O",
        "--option",
        dest="options",
        action="append",
        default=[],
        metavar="key=value",
        help="an option of the format; may be given several times",
    )
    add(
        "--media",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the recording, for formats that carry or name it; several for a document cut from several",
    )
    add("--overwrite", action="store_true", help="replace a result file that exists already")
    add_languages(parser)


def typed_sources(args: argparse.Namespace) -> list[Path]:
    """The transcripts that were typed.

    Raises:
        InvalidOption: There are none.
    """
    sources = [*args.sources, *getattr(args, "more_files", [])]
    if not sources:
        raise InvalidOption("No transcript was named.", hint="For example: audapolis export talk.json -f srt")
    return list(dict.fromkeys(Path(source) for source in sources))


def is_several(args: argparse.Namespace, exporter: Exporter) -> bool:
    """Whether more is wanted than one result."""
    from ..export.storage.places import is_url

    output, formats = args.output or "", args.formats or []
    if len(typed_sources(args)) > 1 or len(formats) > 1 or args.export_presets or is_url(output):
        return True
    packs = output.lower().endswith(".zip")
    return bool(packs and formats and not exporter.check(formats[0]).extension.endswith("zip"))


def export_one(args: argparse.Namespace, exporter: OneExporter, permission: Permission, console: Console) -> None:
    """Make the one result that was typed, or one for each language.

    Raises:
        InvalidOption, UnknownName, Conflict: What was typed makes no sense, or the result exists already.
        AudapolisError: It can't be made.
    """
    from ..export.options import parse_assignments
    from .delivery import save, tell_report
    from .target import typed_target

    [source], args.rttm = typed_sources(args), False
    target = typed_target(args, exporter, inputs=1)
    [results] = target.results([source.absolute()]).values()
    options = parse_assignments(args.options)
    wanted = in_languages(args.languages, results, options, target.extensions)
    exporter.check(target.formats[0], wanted[0].options if wanted else options)
    permission.check(each.path for each in wanted)
    material = exporter.open(source, media=args.media, format_id=target.formats[0])
    check_languages(wanted, material.transcript)
    for each in wanted:
        tell_report(save(exporter, material, each.format_id, each.path, options=each.options), console)
    if not wanted:
        exported = exporter.render(material, target.formats[0], options)
        console.result(exported.content)
        tell_report(exported.report, console)


def export_several(
    args: argparse.Namespace,
    exporter: Exporter,
    presets: PresetShelf,
    *,
    storage_options: Mapping[str, Mapping[str, Any]],
    console: Console,
    cancel: CancelToken,
) -> int:
    """Make all that was typed, going on after what fails.

    Returns:
        The exit code.

    Raises:
        InvalidOption, UnknownName, NotFound: What was typed makes no sense.
        AudapolisError: The place for the results can't be used.
    """
    from ..export.storage.places import place_of
    from ..export.workflow.ledger import Ledger
    from ..export.workflow.plan import plan_batch
    from ..export.workflow.running import Batch
    from ..export.workflow.targets import open_target

    output = _place_typed(args)
    outputs = [*_typed_outputs(args, exporter), *(o for name in args.export_presets for o in presets.get(name).outputs)]
    plan = plan_batch(_subjects(args, exporter, outputs), outputs, exporter)
    target = open_target(output, storage_options.get(place_of(output).scheme), overwrite=args.overwrite)
    ledger = Ledger.of(target.store)
    batch = Batch(plan, ledger, exporter, overwrite=args.overwrite, tell=partial(_show, console))
    try:
        result = batch.run(cancel)
    finally:
        console.progress.finish("export")
    target.finish(result)
    return _told(result, output, console)


def _place_typed(args: argparse.Namespace) -> str:
    if args.output in {None, "-"}:
        raise InvalidOption("Several results can't share standard output.", hint="Give a folder or a zip file with -o.")
    if args.media and len(typed_sources(args)) > 1:
        raise InvalidOption("--media can't belong to several transcripts.", hint="Export them one after the other.")
    return str(args.output)


def _typed_outputs(args: argparse.Namespace, exporter: Exporter) -> tuple[Output, ...]:
    """The formats typed, each with those of the options that it knows."""
    from ..export.options import parse_assignments
    from ..export.workflow.outputs import fitting

    formats = args.formats or ([] if args.export_presets else ["txt"])
    languages = [tag.strip() for tag in (args.languages or "").split(",") if tag.strip()]
    return fitting(formats, parse_assignments(args.options), exporter, languages)


def _subjects(args: argparse.Namespace, exporter: Exporter, outputs: Sequence[Output]) -> list[Subject]:
    from ..export.workflow.plan import Subject

    editor = next((o.format for o in outputs if exporter.check(o.format).family == "editors"), "json")
    return [
        Subject(
            source.absolute(),
            _digest([source, *args.media]),
            partial(exporter.open, source, media=args.media, format_id=editor),
        )
        for source in typed_sources(args)
    ]


def _digest(files: Sequence[Path]) -> str | None:
    """Of a transcript's content, and of the size and age of its recordings; None where they can't be read."""
    digest = hashlib.sha256()
    transcript, *media = files
    try:
        with transcript.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
        for path in media:
            facts = path.stat()
            digest.update(f"{path.name}\n{facts.st_size}\n{facts.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    except OSError:
        return None
    return digest.hexdigest()


def _show(console: Console, done: int, total: int, entry: Entry) -> None:
    console.progress.update("export", f"{done} of {total} files", "exporting", done / total, None)
    if entry.error:
        console.problem(shown(entry.name), error_named(entry.error.code, entry.error.message, entry.error.hint))


def _told(result: Result, output: str, console: Console) -> int:
    from ..export.storage.places import is_url, masked
    from ..export.workflow.plan import REPORT_NAME

    failed, waiting = result.report.count("failed"), result.report.count("waiting")
    parts = [f"{len(result.made)} made"]
    parts += [f"{len(result.kept)} there already"] if result.kept else []
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{waiting} not made"] if waiting else []
    where = masked(output) if is_url(output) else label(Path(output))
    console.note(f"{counted(len(result.report.files), 'file')} in {shown(where)}: {', '.join(parts)}.")
    console.note(f"What each left out and which checks it passed is in {REPORT_NAME} beside them.")
    if result.stopped:
        console.note("Stopped. Run the same command again to go on.")
        return INTERRUPTED
    faults = [entry.error for entry in result.report.files if entry.error]
    return overall([DONE, *(exit_code(error_named(f.code, f.message, f.hint)) for f in faults)])
