"""What a setting says of itself besides its value: when a change takes effect, and whether it may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

Effect = Literal["at once", "next job", "restart"]
"""When a change made while the server runs takes effect.

`at once`: whatever the server does next sees it. `next job`: jobs begun afterwards see it, because each worker is
replaced as soon as it has finished its present job. `restart`: it can't be changed while the server runs.
"""

AT_ONCE: JsonDict = {"effect": "at once"}
NEXT_JOB: JsonDict = {"effect": "next job"}
RESTART: JsonDict = {"effect": "restart"}
SECRET: JsonDict = {"effect": "restart", "secret": True}
"""Marks for `Field(json_schema_extra=…)`; a field without one has its group's."""

HIDDEN = "(hidden)"

Folder = Annotated[Path, AfterValidator(Path.expanduser)]
"""A folder; `~` is the user's home."""


class Group(BaseModel):
    """Settings of one feature."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    effect: ClassVar[Effect] = "restart"
    """When changes of its fields take effect, where a field does not say otherwise."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """What `repr` shows: no secrets, so that none gets into logs and tracebacks."""
        for name, field in type(self).model_fields.items():
            yield name, shown(getattr(self, name), secret=is_secret(field))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One setting.

    Attributes:
        key: Its dotted name, as in `server.port`.
        variable: The environment variable that sets it.
        effect: When a change takes effect.
        secret: Whether its value is never shown.
        field: How pydantic describes it.
    """

    key: str
    variable: str
    effect: Effect
    secret: bool
    field: FieldInfo

    @property
    def path(self) -> tuple[str, ...]:
        """Its name in parts."""
        return tuple(self.key.split("."))


def leaves(model: type[BaseModel], prefix: str, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """All settings of a model with their groups', in the order they are declared.

    Args:
        model: The class of the settings.
        prefix: What environment variables begin with, such as `AUDAPOLIS_`.
        path: Where the model is in the whole.
    """
    for name, field in model.model_fields.items():
        inner = (*path, name)
        group = group_of(field)
        if group is not None:
            yield from leaves(group, prefix, inner)
        else:
            yield Leaf(
                key=".".join(inner),
                variable=prefix + "__".join(inner).upper(),
                effect=effect_of(model, field),
                secret=is_secret(field),
                field=field,
            )


def group_of(field: FieldInfo) -> type[BaseModel] | None:
    """The class of the group a field holds, or None where it is a setting."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def effect_of(model: type[BaseModel], field: FieldInfo) -> Effect:
    """When a change of the field takes effect."""
    own = _mark(field, "effect") or getattr(model, "effect", "restart")
    return next(effect for effect in get_args(Effect) if effect == own)


def is_secret(field: FieldInfo) -> bool:
    """Whether the field's value is never shown."""
    return bool(_mark(field, "secret"))


def _mark(field: FieldInfo, name: str) -> Any:
    return field.json_schema_extra.get(name) if isinstance(field.json_schema_extra, dict) else None


def shown(value: Any, *, secret: bool = False) -> Any:
    """A value fit to be shown: secrets and the passwords in URLs hidden, also those inside lists and tables."""
    if isinstance(value, dict):
        return {key: shown(inner, secret=secret) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shown(inner, secret=secret) for inner in value]
    if value is None or (isinstance(value, str) and value == ""):
        return value
    if secret:
        return HIDDEN
    return _without_password(value) if isinstance(value, str) and "://" in value else value


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:  # no URL we can read; better to show nothing of it
        return HIDDEN
    if parts.query:  # drivers take passwords there too
        url = url.replace(f"?{parts.query}", f"?{HIDDEN}")
    if password is None:
        return url
    login, _, place = parts.netloc.rpartition("@")
    return url.replace(f"{login}@{place}", f"{login.partition(':')[0]}:{HIDDEN}@{place}", 1)
