"""Changing settings while the server runs: a JSON merge patch (RFC 7396) on the layer that HTTP may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import Conflict, InvalidOption
from .layers import Fault, Layer, flat, refuse
from .marks import Leaf, shown
from .stored import Change


def apply(
    patch: object,
    *,
    leaves: Mapping[str, Leaf],
    stored: Mapping[str, Any],
    effective: Mapping[str, Any],
    fixed: Layer,
) -> dict[str, Any]:
    """Apply a patch to what was changed before.

    `null` takes a change back, so that the layers below count again. Tables such as `models.aliases` are merged with
    the value in effect.

    Args:
        patch: The document.
        leaves: All settings by name.
        stored: What was changed before, by name.
        effective: Every setting's value now, by name.
        fixed: The layer above, which a change could not get through.

    Returns:
        What is changed now, by name. Values are not checked yet.

    Raises:
        InvalidOption: The document is no object, or names settings that do not exist.
        Conflict: It names settings that can't be changed while the server runs; its data tells each.
    """
    if not isinstance(patch, Mapping):
        raise InvalidOption("A patch is a JSON object.", hint='For example {"speech": {"threshold": 0.6}}.')
    wanted, faults = flat(_spread(patch, leaves), leaves, "api")
    refuse(faults)
    _refuse_fixed(wanted, leaves, fixed)
    result = dict(stored)
    for key, value in wanted.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(effective[key], value)
    return result


def _spread(patch: Mapping[str, Any], leaves: Mapping[str, Leaf]) -> dict[str, Any]:
    """A group that is to be taken back as each of its settings taken back."""
    inside: dict[str, dict[str, None]] = {leaf.path[0]: {} for leaf in leaves.values() if len(leaf.path) > 1}
    for leaf in leaves.values():
        if len(leaf.path) > 1:
            inside[leaf.path[0]][leaf.path[1]] = None
    return {name: inside.get(name) if value is None else value for name, value in patch.items()}


def merged(target: Any, patch: Any) -> Any:
    """The merge-patch algorithm of RFC 7396, section 2."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _refuse_fixed(wanted: Mapping[str, Any], leaves: Mapping[str, Leaf], fixed: Layer) -> None:
    faults = [
        Fault(key, f"it is set where the server was started ({fixed.name}), which wins", "api")
        for key in wanted
        if key in fixed.values
    ]
    faults += [
        Fault(key, f"it takes a restart: set {leaves[key].variable} or the configuration file, then restart", "api")
        for key in wanted
        if leaves[key].effect == "restart" and key not in fixed.values
    ]
    if faults:
        raise Conflict(
            f"Nothing was changed: {'; '.join(f'{fault.key}: {fault.reason}' for fault in faults)}.",
            hint="GET /api/config tells for each setting when a change takes effect, and where its value is from.",
            field=faults[0].key,
            errors=[{"field": fault.key, "message": fault.reason} for fault in faults],
        )


def differences(before: Mapping[str, Any], after: Mapping[str, Any], leaves: Mapping[str, Leaf]) -> Sequence[Change]:
    """What has another value now, secrets hidden."""
    return [
        Change(key, shown(before[key], secret=leaf.secret), shown(after[key], secret=leaf.secret), effect=leaf.effect)
        for key, leaf in leaves.items()
        if before[key] != after[key]
    ]
