"""The published JSON schemas of the documents."""

from __future__ import annotations

import json
from typing import Final

from pydantic import BaseModel

from kubestellar_conformance.reporting.conformance.model import ConformanceReport
from kubestellar_conformance.reporting.model.evidence import EvidenceDocument
from kubestellar_conformance.reporting.model.run import RunDocument

DOCUMENTS: Final[dict[str, type[BaseModel]]] = {
    "run": RunDocument,
    "evidence": EvidenceDocument,
    "conformance": ConformanceReport,
}
"""By the name of the schema, the document that it describes."""
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_text(name: str) -> str:
    """The JSON schema of a document as this version writes it."""
    found = DOCUMENTS[name].model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": _DIALECT, **found}, indent=2, ensure_ascii=False) + "\n"
