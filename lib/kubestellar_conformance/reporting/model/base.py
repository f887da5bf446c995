"""What all parts of a document share."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, ValidationError


class DocumentPart(BaseModel):
    """A part of a document. Unknown keys are kept; docstrings become descriptions of the schema."""

    model_config = ConfigDict(
        extra="allow",
        use_attribute_docstrings=True,
        validate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,  # a command uses few of the documents
    )


class Written(DocumentPart):
    """A part of which this version writes every key, so that its schema requires them all."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def unknown_keys(part: object, path: str = "") -> Iterator[str]:
    """The keys, each with its place, that a part of which every key is documented has beyond
    these.
    """
    if isinstance(part, DocumentPart):
        if isinstance(part, Written):
            yield from (f"{path}.{key}".lstrip(".") for key in part.model_extra or ())
        for name in type(part).model_fields:
            yield from unknown_keys(getattr(part, name), f"{path}.{name}")
    elif isinstance(part, list):
        for number, item in enumerate(part):
            yield from unknown_keys(item, f"{path}[{number}]")
    elif isinstance(part, dict):
        for key, item in part.items():
            yield from unknown_keys(item, f"{path}.{key}")


def first_fault(error: ValidationError) -> str:
    """The first fault that the validation of a document found, in a line: the key, and why."""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else fault["msg"]
