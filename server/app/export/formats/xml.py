"""The whole transcript as XML, by a schema that ships with the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, BinaryIO, ClassVar

from pydantic import Field

from ..base import Format
from ..interchange.checking import check_xml
from ..interchange.document import Document
from ..losses import Loss, actual_losses
from ..material import Material
from ..report import Check, Notes


@dataclass(frozen=True, slots=True)
class XmlOptions:
    """What is left out of it."""

    embeddings: Annotated[bool, Field(description="Include the voice vectors of speakers.")] = True


class Xml(Format[XmlOptions]):
    """UTF-8, elements in the order of the schema, a line each."""

    id = "xml"
    family = "data"
    name = "Transcript XML"
    extension = "xml"
    media_type = "application/xml"
    description = "Everything that is known, by a published XML Schema."
    losses = (Loss.EMBEDDINGS,)
    checks: ClassVar[Mapping[str, Check]] = {"content": check_xml}
    options_type = XmlOptions

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write it, a segment at a time."""
        transcript = kept = material.transcript
        if not self.options.embeddings:
            speakers = tuple(replace(s, embedding=(), embedding_model="") for s in transcript.speakers)
            kept = replace(transcript, speakers=speakers)
        document = Document(kept)
        for part in document.parts():
            out.write(part.encode())
        texts = "1 text" if document.unfit == 1 else f"{document.unfit} texts"
        warnings = (f"{texts} lost characters that XML forbids.",) if document.unfit else ()
        return Notes(() if self.options.embeddings else actual_losses(self.losses, transcript), warnings)
