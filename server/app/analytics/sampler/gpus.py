"""GPUs, and the memory of all devices that is leased for models.

Where there is no GPU, or it does not tell something, there is no sample: a GPU that does not tell its power draws some
all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from ...engines.devices import Device, DeviceProbe
from ...engines.holders import is_alive
from ...engines.shared_file import SharedFile
from ...errors import DeviceLost
from ..facts import Sample

log = logging.getLogger(__name__)


class Gpus:
    """`gpu.*` of every GPU this process may use, as `--device` names it.

    Args:
        probe: Knows the devices.
    """

    def __init__(self, probe: DeviceProbe) -> None:
        self._probe = probe
        self._lost: set[str] = set()

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look. A GPU that has vanished is left out until it is back, and the others are told."""
        for device in self._probe.devices():
            if device.kind == "cuda":
                yield from self._read(device, at)

    def _read(self, device: Device, at: float) -> Iterator[Sample]:
        try:
            reading = self._probe.reading(device)
        except DeviceLost as error:
            if device.key not in self._lost:
                log.warning("%s", error)
            self._lost.add(device.key)
            return
        self._lost.discard(device.key)
        for series, value in (
            ("gpu.utilisation", reading.utilisation),
            ("gpu.memory_used_bytes", reading.memory_used_bytes),
            ("gpu.memory_bytes", device.memory_bytes),
            ("gpu.power_w", reading.power_w),
            ("gpu.temperature_c", reading.temperature_c),
        ):
            if value is not None:
                yield Sample(series, at, float(value), (("device", device.label),))


class LeasedModels:
    """`model.bytes`: what models hold of each device by their leases, whether they work or are kept warm.

    Leases are taken by all processes of this machine that share the folder. What is too small to be leased
    (PocketSphinx) does not show up, nor does what another program loads. A model that is gone is told once as 0.

    Args:
        folder: Where `engines.leases.DeviceLeases` keeps them.
        probe: Knows the devices.
    """

    def __init__(self, folder: Path, probe: DeviceProbe) -> None:
        self._folder = folder
        self._probe = probe
        self._told: set[tuple[str, str]] = set()

    def __call__(self, at: float) -> Iterator[Sample]:
        """Look; nothing is locked, changed or made."""
        held = {
            (model, device.label): size_bytes
            for device in self._probe.devices()
            for model, size_bytes in self._held(device).items()
        }
        gone = dict.fromkeys(self._told - held.keys(), 0)
        self._told = set(held)
        for (model, label), size_bytes in sorted((held | gone).items()):
            yield Sample("model.bytes", at, float(size_bytes), (("device", label), ("model", model)))

    def _held(self, device: Device) -> dict[str, int]:
        held: dict[str, int] = {}
        for entry in SharedFile(self._folder / f"{device.key}.json").read().get("entries", ()):
            if entry["state"] != "waiting" and is_alive(self._folder / "holders", entry["holder"]):
                model = entry["what"].replace(f" on {device.label}", "")
                held[model] = held.get(model, 0) + entry["bytes"]
        return held
