"""A job's finished work, kept in the job store and guarded by its claim."""

from __future__ import annotations

from .leases import Leases
from .record import Claim


class StoredCheckpoints:
    """Implements `stages.base.Checkpoints` for one claim."""

    def __init__(self, leases: Leases, claim: Claim) -> None:
        self._leases = leases
        self._claim = claim

    def load(self, key: str) -> bytes | None:
        """What this or an earlier attempt saved under the key, or None."""
        return self._leases.load_checkpoint(self._claim.job.id, key)

    def save(self, key: str, data: bytes) -> None:
        """Keep the bytes; when this returns they survive `kill -9` and power cuts.

        Raises:
            LeaseLost: The job was taken from this worker.
            StorageFull: The disk refused the write.
        """
        self._leases.save_checkpoint(self._claim, key, data)
