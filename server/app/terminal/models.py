"""The command `models`: what was typed, what is done, and what is shown of the model library."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InvalidOption
from .arguments import Parser
from .text import shown, table

if TYPE_CHECKING:  # the parser is made for every command, and has to be quick
    from ..catalog.entries import CatalogEntry, InstalledModel
    from ..catalog.intake import ImportWish
    from ..domain.cancellation import CancelToken
    from ..engines.trial import Trial
    from .console import Console

_CLEAN = "LibriSpeech test-clean"
_LEAST = {"list": 0, "pull": 1, "import": 1, "verify": 0, "remove": 1, "bench": 0, "alias": 1}
_MOST = {"list": 0, "import": 1, "alias": 2}
_EXAMPLES = {
    "list": "audapolis models list",
    "pull": "audapolis models pull small",
    "import": "audapolis models import my-model.zip --name mine",
    "remove": "audapolis models remove small",
    "alias": "audapolis models alias daily small",
}


class Library(Protocol):
    """What the command needs of the model library; see `models.ModelLibrary`."""

    def entries(self) -> list[CatalogEntry]: ...  # noqa: D102
    def entry(self, name: str) -> CatalogEntry: ...  # noqa: D102
    def installed(self) -> list[InstalledModel]: ...  # noqa: D102
    def preferences(self) -> dict[str, dict[str, str]]: ...  # noqa: D102
    def find(self, name: str) -> InstalledModel | None: ...  # noqa: D102
    def pull(  # noqa: D102
        self, name: str, *, on_progress: Callable[[int, int], None], cancel: CancelToken, update: bool = False
    ) -> InstalledModel: ...
    def import_model(  # noqa: D102
        self, source: Path, wish: ImportWish, cancel: CancelToken, say: Callable[[str], None]
    ) -> tuple[InstalledModel, Trial | None]: ...
    def verify(self, name: str, cancel: CancelToken, *, sample: Path | None = None) -> Trial | None: ...  # noqa: D102
    def benchmark(self, name: str, cancel: CancelToken, *, sample: Path | None = None) -> Trial | None: ...  # noqa: D102
    def remove(self, name: str, cancel: CancelToken) -> None: ...  # noqa: D102
    def set_alias(self, alias: str, name: str | None) -> None: ...  # noqa: D102
    def set_default(self, language: str, name: str | None) -> None: ...  # noqa: D102


def add_models(parser: Parser) -> None:
    """Make the parser understand the command."""
    add = parser.add_argument
    add("action", nargs="?", choices=tuple(_LEAST), default="list", help="what to do")
    add("names", nargs="*", metavar="NAME|PATH", help="models by name, or what to import")
    add("--json", action="store_true", help="the list as JSON, for programs")
    add("--update", action="store_true", help="pull: look for a newer version of what is here")
    add("--name", metavar="NAME", help="import: what to call the model (default: the source's name)")
    add("--language", metavar="L", help="import: the one language it knows (default: by its files)")
    add("--base", type=Path, metavar="FOLDER", help="import: the Transformers checkpoint a LoRA adapter changes")
    add("--tokenizer", type=Path, metavar="FOLDER", help="import: where an OpenAI checkpoint's tokenizer.json is")
    add("--allow-pickle", action="store_true", help="import: open weights that are a pickle; only from those you trust")
    add(
        "--precision",
        choices=("float16", "int8", "float32"),
        default="float16",
        help="import: how converted weights are kept",
    )
    add("--sample", type=Path, metavar="FILE", help="import, verify, bench: a recording to try the model with")
    add("--default-for", metavar="L", help="alias: use the model for this language ('*': any) when none is named")
    add("--clear", action="store_true", help="alias: take it back")


def check_models(args: argparse.Namespace) -> None:
    """Refuse too few or too many arguments.

    Raises:
        InvalidOption: They do not suit the action.
    """
    count = len(args.names) + bool(args.default_for) + (bool(args.clear) if args.action == "alias" else 0)
    least = 2 if args.action == "alias" else _LEAST[args.action]
    if not least <= count <= _MOST.get(args.action, count):
        example = _EXAMPLES.get(args.action, f"audapolis models {args.action}")
        raise InvalidOption(f"'models {args.action}' was typed differently from what it takes.", hint=f"Try: {example}")


def run_models(args: argparse.Namespace, library: Library, console: Console, cancel: CancelToken) -> None:
    """Do what was typed, all but `list`."""
    if args.action == "alias":
        _alias(args, library)
    elif args.action == "import":
        _import(args, library, console, cancel)
    else:
        each = {"pull": _pull, "verify": _verify, "bench": _bench, "remove": _remove}[args.action]
        names = args.names or [model.name for model in library.installed()]
        for name in names:
            each(args, library, console, cancel, name)
        if not names:
            console.note("No models are on this machine but the embedded one.")


def _pull(args: argparse.Namespace, library: Library, console: Console, cancel: CancelToken, name: str) -> None:
    entry = library.entry(name)
    started = time.monotonic()
    first: list[int] = []

    def progress(done: int, total: int) -> None:
        if not first:
            console.note(f"Fetching {entry.name} ({megabytes(total)}) from {entry.source}.")
            first.append(done)
        fetched, taken = done - first[0], time.monotonic() - started
        left = (total - done) / fetched * taken if fetched > 0 else None
        console.progress.update(name, entry.name, "fetching", done / max(1, total), left)

    try:
        model = library.pull(name, on_progress=progress, cancel=cancel, update=args.update)
    finally:
        console.progress.finish(name)
    console.note(f"{model.name} is on this machine ({megabytes(model.size_bytes)}).")


def _import(args: argparse.Namespace, library: Library, console: Console, cancel: CancelToken) -> None:
    from ..catalog.intake import ImportWish

    wish = ImportWish(
        args.name,
        args.language,
        args.base,
        args.tokenizer,
        allow_pickle=args.allow_pickle,
        precision=args.precision,
        sample=args.sample,
    )
    model, trial = library.import_model(Path(args.names[0]), wish, cancel, lambda text: console.note(f"{text} …"))
    console.note(f"{model.name} is on this machine ({megabytes(model.size_bytes)}). {_heard(trial)}")
    console.note(f"Use it: audapolis transcribe talk.mp3 --engine {model.engine} --model {model.name}")


def _verify(args: argparse.Namespace, library: Library, console: Console, cancel: CancelToken, name: str) -> None:
    trial = library.verify(name, cancel, sample=args.sample)
    console.note(f"{shown(name)}: whole. {_heard(trial)}")


def _bench(args: argparse.Namespace, library: Library, console: Console, cancel: CancelToken, name: str) -> None:
    trial = library.benchmark(name, cancel, sample=args.sample)
    if trial is None:
        console.note(f"{shown(name)}: can't be measured alone.")
        return
    console.note(
        f"{shown(name)}: {trial.realtime_factor:.3f} s of work per second of speech on the CPU "
        f"(fastest run over {trial.sound_s:.1f} s), loaded in {trial.load_s:.1f} s."
    )


def _remove(_args: argparse.Namespace, library: Library, console: Console, cancel: CancelToken, name: str) -> None:
    library.remove(name, cancel)
    console.note(f"{shown(name)} is deleted.")


def _alias(args: argparse.Namespace, library: Library) -> None:
    names = list(args.names)
    target = None if args.clear else names.pop()
    if args.default_for:
        library.set_default(args.default_for, target)
    else:
        library.set_alias(names[0], target)


def _heard(trial: Trial | None) -> str:
    if trial is None:
        return "It can't be tried alone."
    return f"It works; it heard: {shown(trial.text) or 'nothing'}"


def as_text(library: Library) -> str:
    """Models that are here and models that can be fetched, as a table."""
    here = {model.name: model for model in library.installed()}
    known = {entry.name: entry for entry in library.entries()}
    rows = [_installed_row(model, known.get(model.name)) for model in here.values()]
    rows += [_entry_row(entry) for entry in known.values() if entry.name not in here]
    rows.append(("pocketsphinx-en-us", "built in", "38 MB", "en", "", ""))
    names = library.preferences()
    notes = [f"{alias} means {name}" for alias, name in sorted(names["aliases"].items())]
    notes += [f"for {language}: {name}" for language, name in sorted(names["defaults"].items())]
    header = ("model", "here", "size", "languages", "speed", f"errors on {_CLEAN}")
    return table(header, rows) + "".join(f"{note}\n" for note in notes)


def _installed_row(model: InstalledModel, entry: CatalogEntry | None) -> tuple[str, ...]:
    measured = f"{model.realtime_factor:.2f} s/s here" if model.realtime_factor else ""
    usual = _entry_row(entry) if entry else ("",) * 6
    languages = _languages(model.languages)
    return (model.name, "yes", megabytes(model.size_bytes), languages, measured or usual[4], usual[5])


def _entry_row(entry: CatalogEntry) -> tuple[str, ...]:
    speed = f"{entry.relative_speed:g}×" if entry.relative_speed else ""
    wer = next((f"{figure.value:g} %" for figure in entry.figures if _CLEAN in figure.what), "")
    access = "with a token" if entry.gated else ""
    return (entry.name, access, megabytes(entry.size_bytes), _languages(entry.languages), speed, wer)


def _languages(languages: Sequence[str]) -> str:
    return ", ".join(languages) or "many"


def as_plain(library: Library) -> dict[str, Any]:
    """The same for programs."""
    return {
        "installed": [{**asdict(model), "path": str(model.path)} for model in library.installed()],
        "available": [asdict(entry) for entry in library.entries()],
        **library.preferences(),
    }


def megabytes(size_bytes: int) -> str:
    """A size for people; "?" where it is not known before the hub is asked."""
    if not size_bytes:
        return "?"
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{max(1, round(size_bytes / 1e6))} MB"
