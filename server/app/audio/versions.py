"""Which libav is here."""

from __future__ import annotations


def libav_versions() -> dict[str, str]:
    """Versions of the media libraries by name (`libavcodec` …); empty where they can't be loaded."""
    try:
        import av
    except ImportError:
        return {}
    return {name: ".".join(map(str, numbers)) for name, numbers in av.library_versions.items()}
