"""From what was typed (files, folders, patterns) to the recordings that are meant."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import AudapolisError, InvalidOption, NotFound
from .text import shown

_AUDIO = (
    "aac ac3 aif aifc aiff amr ape au caf dts eac3 flac m4a m4b mka mp2 mp3 mpa oga ogg opus ra snd spx tak "
    "tta voc w64 wav wma wv"
)
_VIDEO = "3g2 3gp asf avi f4v flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogm ogv rm vob webm wmv"
MEDIA_EXTENSIONS = frozenset(f"{_AUDIO} {_VIDEO}".split())
_TS_PACKET_BYTES = 188
_SNIFFED_BYTES = 256


@dataclass(frozen=True, slots=True)
class Expanded:
    """The files found, absolute and each once, and the arguments that lead nowhere with the reason."""

    files: tuple[Path, ...]
    problems: tuple[tuple[str, AudapolisError], ...]


def expand(arguments: Sequence[str], *, folders: bool) -> Expanded:
    """Find the files that arguments mean.

    A file is taken as it is, whatever it holds. A folder (where `folders` allows it) gives the recordings in
    it and below, told by extension or content; hidden files and folders are passed over. An argument that is
    neither, but holds `*`, `?` or `[`, is a pattern (`**` crosses folders) and gives the recordings it
    matches.
    """
    files: dict[Path, None] = {}
    problems: list[tuple[str, AudapolisError]] = []
    for argument in arguments:
        try:
            found = list(_meant(argument, folders=folders))
        except AudapolisError as error:
            problems.append((argument, error))
        else:
            files.update(dict.fromkeys(_absolute(path) for path in found))
    return Expanded(tuple(files), tuple(problems))


def _absolute(path: Path) -> Path:
    """Absolute, without `..`, symbolic links kept: results are named after what the user sees."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute() keeps "..", resolve() follows links


def _meant(argument: str, *, folders: bool) -> Iterator[Path]:
    path = Path(argument)
    if not argument:
        raise NotFound("An empty file name was given.", hint="Check the quotes in your command.")
    if _is_dir(path):
        if not folders:
            raise InvalidOption(
                f"{shown(argument)} is a folder.",
                hint="To transcribe all recordings in it use: audapolis batch FOLDER -o RESULTS.",
            )
        yield from _nonempty(_in_folder(path), f"There is no recording in the folder {shown(argument)}.")
    elif os.path.lexists(path) or not glob.has_magic(argument):
        yield path  # a missing file is reported by whoever opens it, with its own reason
    else:
        matches = (Path(name) for name in sorted(glob.glob(argument, recursive=True)))  # noqa: PTH207
        recordings = (path for match in matches for path in _matched(match, folders=folders))
        yield from _nonempty(recordings, f"No recording matches {shown(argument)}.")


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long for the file system, or with a zero byte
        return False


def _matched(match: Path, *, folders: bool) -> Iterator[Path]:
    if match.is_dir():
        if folders:
            yield from _in_folder(match)
    elif is_recording(match):
        yield match


def _nonempty(paths: Iterator[Path], complaint: str) -> Iterator[Path]:
    empty = True
    for path in paths:
        empty = False
        yield path
    if empty:
        raise NotFound(complaint, hint="Recordings are told by their extension or their first bytes.")


def _in_folder(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and is_recording(path):
                yield path


def is_recording(path: Path) -> bool:
    """Whether a file is probably a recording: by its extension, or else by its first bytes."""
    if path.suffix.lower().removeprefix(".") in MEDIA_EXTENSIONS:
        return True
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return looks_like_media(file.read(_SNIFFED_BYTES))
    except OSError:
        return False


def looks_like_media(head: bytes) -> bool:
    """Whether a file that begins with these bytes is of a common audio or video container format."""
    container, kind = head[:4], head[8:12]
    if container in {b"RIFF", b"RF64"}:
        return kind in {b"WAVE", b"AVI "}
    if container == b"FORM":
        return kind in {b"AIFF", b"AIFC"}
    asf = bytes.fromhex("3026b2758e66cf11")
    starts = (b"OggS", b"fLaC", b"ID3", b"\x1a\x45\xdf\xa3", asf, b".snd", b"caff", b"#!AMR", b"FLV\x01")
    return head.startswith(starts) or head[4:8] in {b"ftyp", b"moov"} or _is_mpeg(head)


def _is_mpeg(head: bytes) -> bool:
    """Raw MPEG audio (layers II and III), AAC with ADTS headers, or a transport stream: told by sync bytes."""
    if len(head) <= _TS_PACKET_BYTES:
        return False
    layer_2_or_3 = head[1] & 0xE0 == 0xE0 and head[1] & 0x06 in {0x02, 0x04} and head[2] & 0xF0 != 0xF0
    adts = head[1] & 0xF6 == 0xF0
    transport = head[0] == head[_TS_PACKET_BYTES] == ord("G")
    return (head[0] == 0xFF and (layer_2_or_3 or adts)) or transport
