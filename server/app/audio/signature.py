"""What a file that is no recording looks like, from its first bytes: for messages that help."""

from __future__ import annotations

HEAD_BYTES = 4096

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive or office document"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"#EXTM3U", "a playlist"),
    (0, b"[playlist]", "a playlist"),
    (0, b"ffconcat", "a list of files"),
    (0, b"\x7fELF", "a program"),
    (0, b"SQLite format 3", "a database"),
    (8, b"WEBP", "a WebP picture"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f")


def looks_like(head: bytes) -> str | None:
    """Name what the first bytes of a file look like, with an article, or None.

    Args:
        head: The first `HEAD_BYTES` of the file, or all of it.
    """
    for offset, magic, name in _SIGNATURES:
        if head.startswith(magic, offset):
            return name
    return "text" if _is_text(head) else None


def is_interrupted_mp4(head: bytes) -> bool:
    """Whether the file begins as MP4/M4A/MOV does; one that can't be opened all the same has lost its index."""
    return head[4:8] in {b"ftyp", b"mdat", b"wide"}


def wav_is_cut(head: bytes, size_bytes: int) -> bool:
    """Whether a RIFF WAV header promises more bytes than the file has.

    Streaming writers put 0 or a number near 2³² there, which promises nothing.
    """
    if not (head.startswith(b"RIFF") and head[8:12] == b"WAVE"):
        return False
    promised = int.from_bytes(head[4:8], "little")
    return 0 < promised < 0xFFFF_0000 and promised + 8 > size_bytes + 1


def _is_text(head: bytes) -> bool:
    if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # a character cut by the end of the head
    return True
