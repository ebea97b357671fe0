"""How much device memory a Whisper takes: predicted from its file, corrected by what was measured here.

For GPUs the prediction is between 1 % below and 13 % above the published peaks (github.com/SYSTRAN/faster-whisper,
README and issue 1030; MB, beam 5): large-v2 float16 4525 and int8 2926, with batches of eight 6090 and 4500; turbo
float16 2537 and int8 1545; distil-large-v3 float16 2409 and int8 1481. For processors it is the least that is
needed (small int8: 1029 of 1477, with batches of eight 3172 of 3608), because there a refusal costs more than a try.
"""

from __future__ import annotations

_BYTES_PER_WEIGHT = {"float32": 4.0, "int16": 2.0, "float16": 2.0, "bfloat16": 2.0}
_INT8_BYTES = 1.0
_FILE_BYTES_PER_WEIGHT = 2.0
"""Published models are stored in float16; smaller ones are taken for larger than they are, which is safe."""

_GPU_CONTEXT_BYTES = 450 * 10**6
_GPU_WORK, _GPU_PER_CHUNK = 0.3, 0.073
"""Room to work in, and for each further chunk of a batch, by size of the float16 weights."""

_CPU_BASE_BYTES = 300 * 10**6
_CPU_WORK, _CPU_PER_CHUNK = 1.0, 0.63

MARGIN = 1.1
"""A measured peak is trusted with so much to spare."""


def weights_bytes(file_bytes: int, precision: str) -> int:
    """Size of the weights in memory."""
    return int(file_bytes / _FILE_BYTES_PER_WEIGHT * _BYTES_PER_WEIGHT.get(precision, _INT8_BYTES))


def predicted_bytes(file_bytes: int, precision: str, batch_size: int, *, on_gpu: bool) -> int:
    """Peak memory of a Whisper at work.

    Args:
        file_bytes: Size of its weights' file.
        precision: What it computes with.
        batch_size: Chunks decoded at the same time.
        on_gpu: Memory of a GPU, its context included; else of the process.
    """
    weights = weights_bytes(file_bytes, precision)
    if on_gpu:
        return int(weights + _GPU_CONTEXT_BYTES + file_bytes * (_GPU_WORK + _GPU_PER_CHUNK * (batch_size - 1)))
    return int(weights + _CPU_BASE_BYTES + file_bytes * (_CPU_WORK + _CPU_PER_CHUNK * (batch_size - 1)))
