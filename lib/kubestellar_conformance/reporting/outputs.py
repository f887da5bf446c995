"""The file that a command makes of a record."""

from __future__ import annotations

from pathlib import Path

from kubestellar_conformance import paths
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import write_text


def demand_other(out: Path, record: Path) -> None:
    """`UserError` if the command would write ``out`` (``--out FILE``) over the record, or cannot
    write it.
    """
    what = f"--out {str(out)!r}"
    if paths.kind(out, what) == "folder":
        raise UserError(f"{what}: is a folder: give a file")
    paths.writable_folder(out.parent, what)
    if out.resolve() == record.resolve():
        raise UserError(f"{what}: is the record that the command reads: give another file")


def write(out: Path, content: str) -> None:
    """Write the file, whole or not at all, where it is one and no device or pipe."""
    if paths.kind(out, str(out)) == "other":
        out.write_text(content, encoding="utf-8")
    else:
        write_text(out.resolve(), content)
