"""Images of the pods that KubeFlex makes for a control plane of its type k8s, under the names in
its source.

KubeFlex has no setting for them. The images of the API server and the controller manager contain
the programs of the node's release, whatever release the name states.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from kubestellar_conformance.components import Built, Provisioned
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.kubernetes import REGISTRY
from kubestellar_conformance.images.recipe import Recipe, of_program

SOURCE = "kubeflex-k8s-type"
"""The group of KubeFlex's files that contain the names."""
_BIN = "/usr/local/bin"
_RELEASE = re.compile(r'\bKubeVersion\s*=\s*"(v[\d.]+)"')
_KINE = re.compile(r'"([\w./-]*\bkine:[\w.-]+)"')
_SERVERS = ("kube-apiserver", "kube-controller-manager")


@dataclass(frozen=True)
class NamedImages:
    """The images that KubeFlex's source names."""

    kubernetes: str
    """The release of Kubernetes, ``v1.29.9``."""
    kine: str
    """The whole name of kine's image."""


def named(built: Provisioned) -> NamedImages:
    """The images that KubeFlex's reconciler names. `UserError` if its source does not name them in
    the known form.
    """
    chart = built["kubeflex-chart"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in chart.crd_files(SOURCE))
    release, kine = _RELEASE.findall(text), _KINE.findall(text)
    if len(release) != 1 or len(kine) != 1:
        raise UserError(
            f"KubeFlex {chart.version}: its source should name one release of Kubernetes "
            "and one image of kine for "
            f"control planes of type k8s, but names {release or 'none'} and {kine or 'none'}"
        )
    return NamedImages(release[0], kine[0])


def recipes(built: Provisioned) -> list[Recipe]:
    asked = named(built)
    wanted = {
        "kine": asked.kine,
        **{name: f"{REGISTRY}/{name}:{asked.kubernetes}" for name in _SERVERS},
    }
    return [_recipe(built[name], reference) for name, reference in wanted.items()]


def _recipe(program: Built, reference: str) -> Recipe:
    name, at = program.component.name, f"{_BIN}/{program.component.name}"
    same = reference.endswith(f":{program.version}")
    stands_for = (
        "" if same else f"that release, which KubeFlex names: it holds {name} {program.version}"
    )
    return replace(
        of_program(program, reference, at, Config((at,))),
        name=f"{name}-of-wds",
        stands_for=stands_for,
    )
