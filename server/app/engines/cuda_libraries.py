"""Makes CUDA usable for CTranslate2: one order of GPUs for everybody, and cuBLAS from the extra `gpu`."""

from __future__ import annotations

import ctypes
import logging
import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

log = logging.getLogger(__name__)

_WANTED = ("libcublasLt.so.12", "libcublas.so.12")
"""What CTranslate2 loads by name when a GPU is first used; the first is needed by the second."""


def prepare_cuda() -> None:
    """Prepare this process for CUDA; to be called before the first engine on a GPU is opened.

    CUDA numbers GPUs by speed unless told otherwise, and NVML by bus: a GPU has to have one number only. Python
    wheels put libraries where the loader does not look; once loaded, CTranslate2 finds them by their name.
    """
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    for folder in _wheel_folders():
        for name in _WANTED:
            with suppress(OSError):
                ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_GLOBAL)


def cuda_libraries_missing() -> str:
    """Which library CTranslate2 would miss on a GPU; empty when none. Loads what it finds."""
    prepare_cuda()
    for name in _WANTED:
        try:
            ctypes.CDLL(name)
        except OSError:
            return name
    return ""


def _wheel_folders() -> list[Path]:
    """Where NVIDIA's wheels keep libraries."""
    spec = find_spec("nvidia")
    roots = list(spec.submodule_search_locations or ()) if spec else []
    return [folder for root in roots for folder in sorted(Path(root).glob("cublas/lib"))]
