"""Compound files, opened by pyaaf2."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from aaf2.cfb import CompoundFileBinary
from audapolis.export.avid.compound import Blob, Storage, Stream, write
from hypothesis import given, settings
from hypothesis import strategies as st

CLASS_ID = bytes(range(16))
names = st.text("abcXYZ0129 -{}ü漢", min_size=1, max_size=31)
streams = st.sampled_from([0, 1, 63, 64, 65, 4095, 4096, 4097, 9000]).map(
    lambda size: bytes(n % 251 for n in range(size))
)


@st.composite
def storages(draw: st.DrawFn, depth: int = 3) -> Storage:
    """Any tree; names that differ in case only are one name to the format."""
    children: dict[str, Storage | Stream] = {}
    for name in draw(st.lists(names, max_size=8, unique_by=str.upper)):
        below = depth > 0 and draw(st.booleans())
        children[name] = draw(storages(depth - 1)) if below else draw(streams)
    return Storage(draw(st.binary(min_size=16, max_size=16)), children)


def written(root: Storage) -> io.BytesIO:
    out = io.BytesIO()
    write(root, out, class_id=CLASS_ID)
    return out


def opened(path: Path, root: Storage) -> CompoundFileBinary:
    path.write_bytes(written(root).getvalue())
    return CompoundFileBinary(path.open("rb"), "rb")


def content(file: CompoundFileBinary, path: str = "/") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, entry in file.listdir_dict(path).items():
        below = f"{path.rstrip('/')}/{name}"
        found[name] = content(file, below) if entry.isdir() else bytes(file.open(below).read())
    return found


def expected(storage: Storage) -> dict[str, object]:
    return {name: expected(one) if isinstance(one, Storage) else one for name, one in storage.children.items()}


@settings(max_examples=60, deadline=None)
@given(root=storages())
def test_pyaaf2_reads_what_was_written(tmp_path_factory: pytest.TempPathFactory, root: Storage) -> None:
    file = opened(tmp_path_factory.mktemp("cfb") / "x", root)
    assert content(file) == expected(root)
    assert file.class_id.bytes_le == CLASS_ID
    assert bytes(file.root.data[80:96]) == root.class_id
    file.f.close()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 100, 127, 128, 1000])
def test_directories_are_red_black_trees(tmp_path: Path, count: int) -> None:
    root = Storage(children={f"entry {number:x}": bytes([number % 251]) * (number % 200) for number in range(count)})
    file = opened(tmp_path / "x", root)
    file.validate_directory_structure()
    heights = set(black_heights(file.root.child(), 0))
    assert len(heights) == 1
    assert set(content(file)) == set(root.children)
    file.f.close()


def black_heights(entry: object, above: int, red_above: bool = False) -> Iterator[int]:
    if entry is None:
        yield above
        return
    red = entry.red  # type: ignore[attr-defined]
    assert not (red and red_above)
    for side in (entry.left(), entry.right()):  # type: ignore[attr-defined]
        yield from black_heights(side, above + (not red), red)


def test_large_streams_are_copied_block_by_block(tmp_path: Path) -> None:
    blocks = [bytes([n]) * 10_000 for n in range(50)]
    held: list[int] = []

    def read() -> Iterator[bytes]:
        for block in blocks:
            held.append(len(block))
            yield block

    root = Storage(
        children={"sound": Blob(500_000, read), "after": b"x" * 5000, "tiny": Blob(3, lambda: [b"a", b"bc"])}
    )
    file = opened(tmp_path / "x", root)
    assert content(file) == {"sound": b"".join(blocks), "after": b"x" * 5000, "tiny": b"abc"}
    assert len(held) == 50
    file.f.close()


def test_an_empty_tree_is_a_file_too(tmp_path: Path) -> None:
    file = opened(tmp_path / "x", Storage())
    assert content(file) == {}
    file.f.close()


@pytest.mark.slow
def test_half_a_gigabyte_needs_more_chains_than_the_header_lists(tmp_path: Path) -> None:
    block = bytes(range(256)) * 4096
    root = Storage(children={"sound": Blob(480 << 20, lambda: [block] * 480), "after": b"y" * 70})
    path = tmp_path / "x"
    with path.open("wb") as out:
        write(root, out, class_id=CLASS_ID)
    with path.open("rb") as source:
        file = CompoundFileBinary(source, "rb")
        assert file.difat_sector_count == 1
        sound = file.open("/sound")
        assert sound.dir.byte_size == 480 << 20
        sound.seek(-1 << 20, io.SEEK_END)
        assert bytes(sound.read()) == block
        assert bytes(file.open("/after").read()) == b"y" * 70
