"""Facts as columns: what questions compute on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


class Frame:
    """Columns of equal length. Texts are object arrays; numbers float64, NaN where a value is not known."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = dict(columns)
        self._length = len(next(iter(self._columns.values()))) if self._columns else 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self._columns)

    def where(self, rows: Column) -> Frame:
        """The rows that a mask or an array of indices picks."""
        return Frame({name: column[rows] for name, column in self._columns.items()})

    def having(self, **wanted: object) -> Frame:
        """The rows that have these values."""
        rows = np.ones(len(self), bool)
        for name, value in wanted.items():
            rows &= self[name] == value
        return self.where(rows)

    def by(self, *names: str) -> Iterator[tuple[tuple[Any, ...], Frame]]:
        """The rows of each combination of values, most rows first."""
        if not names or not len(self):
            if len(self):
                yield (), self
            return
        codes = np.zeros(len(self), np.int64)
        for name in names:
            _, code = np.unique(self[name].astype(str), return_inverse=True)
            codes = codes * (int(code.max()) + 1) + code
        _, first, code = np.unique(codes, return_index=True, return_inverse=True)
        order = np.argsort(code, kind="stable")
        groups: Sequence[Column] = np.split(order, np.cumsum(np.bincount(code))[:-1])
        for group, row in sorted(zip(groups, first, strict=True), key=lambda pair: -len(pair[0])):
            yield tuple(self[name][row] for name in names), self.where(group)
