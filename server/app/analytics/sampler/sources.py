"""What every server looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...engines.devices import DeviceProbe
from .control_groups import ControlGroups
from .gpus import Gpus, LeasedModels
from .inside import Source
from .processes import Processes
from .system import Cores, Disks, Folders, Memory


def machine_sources(
    folders: Mapping[str, Path],
    probe: DeviceProbe,
    run_dir: Path,
    workers: Callable[[], Sequence[int]] = lambda: (),
) -> dict[str, Source]:
    """Sources for the machine, our processes, and devices, by their names.

    Args:
        folders: What is kept where, by purpose (`data`, `models`, `cache`).
        probe: Knows the devices.
        run_dir: Where leases on device memory are kept.
        workers: Tells the process numbers of living workers.
    """
    groups = ControlGroups()
    return {
        "cores": Cores(groups),
        "memory": Memory(groups),
        "disks": Disks(),
        "folders": Folders(folders),
        "processes": Processes(workers),
        "GPUs": Gpus(probe),
        "leased models": LeasedModels(run_dir, probe),
    }
