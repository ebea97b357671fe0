"""The transcript itself: `audapolis.transcript/1`, the contract other programs build on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, BinaryIO, ClassVar

from pydantic import Field

from ...domain import codec
from ...domain.transcript_file import read_transcript
from ...errors import InvalidDocument
from ..base import Format
from ..losses import Loss, actual_losses
from ..material import Material
from ..report import Check, Notes


@dataclass(frozen=True, slots=True)
class JsonOptions:
    """How the JSON looks."""

    indent: Annotated[int, Field(ge=0, le=8, description="Spaces per level; 0 puts all on one line.")] = 2
    embeddings: Annotated[bool, Field(description="Include the voice vectors of speakers.")] = True


def check_contract(file: BinaryIO, material: Material) -> Iterable[str]:
    """Read the file back by all rules of the contract, and compare."""
    try:
        found = read_transcript(file.read())
    except InvalidDocument as error:
        yield error.message
        return
    if (found.segments, found.translations) != (material.transcript.segments, material.transcript.translations):
        yield "What is read back is not what was written."


class Json(Format[JsonOptions]):
    """UTF-8, one object, fields in the order of the contract."""

    id = "json"
    family = "data"
    name = "Transcript JSON"
    extension = "json"
    media_type = "application/json"
    description = "Everything that is known, by a published JSON Schema; can be read back."
    losses = (Loss.EMBEDDINGS,)
    checks: ClassVar[Mapping[str, Check]] = {"contract": check_contract}
    options_type = JsonOptions

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write the object and a line end."""
        transcript = kept = material.transcript
        if not self.options.embeddings:
            speakers = tuple(replace(s, embedding=(), embedding_model="") for s in transcript.speakers)
            kept = replace(transcript, speakers=speakers)
        out.write(codec.to_json(kept, indent=self.options.indent or None) + b"\n")
        return Notes(() if self.options.embeddings else actual_losses(self.losses, transcript))
