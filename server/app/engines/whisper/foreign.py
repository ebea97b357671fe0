"""Where errors of CTranslate2 and CUDA become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import AudapolisError, DeviceLost, EngineFailed, EngineUnavailable, OutOfDeviceMemory

_MEMORY = ("out of memory", "alloc_failed", "failed to allocate", "cudaerrormemoryallocation")
_LIBRARY = ("is not found or cannot be loaded", "driver version is insufficient", "not compiled with cuda")
_DEVICE = (
    "cuda failed",
    "cuda error",
    "cublas",
    "cudnn",
    "no cuda-capable device",
    "illegal memory access",
    "unspecified launch failure",
    "driver shutting down",
    "invalid device",
)


@contextmanager
def mapped(doing: str) -> Iterator[None]:
    """Turn what CTranslate2 raises into errors of ours.

    Args:
        doing: What was being done, for the message: "Whisper failed on 3 chunks".

    Raises:
        OutOfDeviceMemory: The device's memory did not suffice.
        DeviceLost: The device or its driver gave up.
        EngineUnavailable: A library the device needs is not installed.
        EngineFailed: Anything else.
    """
    try:
        yield
    except AudapolisError:
        raise
    except (RuntimeError, ValueError, MemoryError) as error:
        raise translated(error, doing) from error


def translated(error: Exception, doing: str) -> AudapolisError:
    """The error of ours that says the same; see `mapped`."""
    text = str(error).strip() or type(error).__name__
    words = text.lower()
    if any(sign in words for sign in _LIBRARY):
        return EngineUnavailable(
            f"Whisper can't use the GPU: {text}.",
            hint="Install the libraries it needs (pip install 'audapolis[gpu]'), or use --device cpu.",
        )
    if any(sign in words for sign in _MEMORY):
        return OutOfDeviceMemory(
            f"{doing}: the device has not enough free memory ({text}).",
            hint="Use a smaller model, --precision int8, or --device cpu.",
        )
    if any(sign in words for sign in _DEVICE):
        return DeviceLost(
            f"{doing}: the device stopped working ({text}).",
            hint="Look at the driver's log (dmesg), or use --device cpu.",
        )
    if isinstance(error, MemoryError) or "bad_alloc" in words:
        return EngineFailed(
            f"{doing}: this machine has not enough free memory.",
            hint="Close other programs or use a smaller model.",
        )
    return EngineFailed(f"{doing}: {text}.", hint="Try another model, or --engine pocketsphinx.")
