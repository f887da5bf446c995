"""A workload: objects that a test puts into a WDS, and that one set of labels selects."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.refs import Obj, Ref


@dataclass(frozen=True)
class Workload:
    """Some objects, in the order in which they are to be created.

    An object is addressed by its kind in lower case: ``nginx.deployment`` is the `Ref` of the only
    Deployment in it.
    """

    name: str
    objects: tuple[Obj, ...]

    @classmethod
    def from_yaml(
        cls, text: str, *, name: str = "", suffix: str = "", rename: Mapping[str, str] | None = None
    ) -> Workload:
        """Documented YAML as a workload, with names of its own for each test.

        ``rename`` maps old to new words, and applies to a word as a whole and only where it is an
        object's name, its namespace, or the value of a label of the object itself; never inside a
        spec. ``suffix`` is short for: put ``-suffix`` behind every such word, except namespaces
        that the text does not define itself.
        """
        objects = [obj for obj in yaml.safe_load_all(text) if obj]
        words = dict(rename or {})
        if suffix:
            for obj in objects:
                metadata = obj["metadata"]
                for word in (metadata["name"], *(metadata.get("labels") or {}).values()):
                    words.setdefault(word, f"{word}-{suffix}")
        own = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Namespace"} | set(
            rename or {}
        )
        for obj in objects:
            metadata = obj["metadata"]
            metadata["name"] = words.get(metadata["name"], metadata["name"])
            if metadata.get("namespace") in own:
                metadata["namespace"] = words.get(metadata["namespace"], metadata["namespace"])
            if metadata.get("labels"):
                metadata["labels"] = {
                    key: words.get(value, value) for key, value in metadata["labels"].items()
                }
        if not objects:
            raise UserError("a workload needs at least one object, and the YAML has none")
        return cls(name or objects[0]["metadata"]["name"], tuple(objects))

    @classmethod
    def config_maps(cls, name: str, count: int) -> Workload:
        """So many small ConfigMaps ``name-0``, ``name-1``, ... in the namespace ``default``, with
        the label ``app``.
        """
        metadata = [
            {"name": f"{name}-{number}", "namespace": "default", "labels": {"app": name}}
            for number in range(count)
        ]
        return cls(
            name,
            tuple(
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": one, "data": {"of": name}}
                for one in metadata
            ),
        )

    @property
    def labels(self) -> dict[str, str]:
        """The labels that all objects have in common, so a selector of them matches every one."""
        common = dict(self.objects[0]["metadata"].get("labels") or {})
        for obj in self.objects[1:]:
            common = {
                k: v for k, v in common.items() if (obj["metadata"].get("labels") or {}).get(k) == v
            }
        if not common:
            raise UserError(
                f"the objects of workload {self.name} have no label in common, so nothing "
                "selects them"
            )
        return common

    @property
    def refs(self) -> tuple[Ref, ...]:
        return tuple(Ref.of(obj) for obj in self.objects)

    def __getattr__(self, kind: str) -> Ref:
        if kind.startswith("_"):
            raise AttributeError(kind)
        found = [obj for obj in self.objects if _snake(obj["kind"]) == kind]
        if len(found) != 1:
            kinds = ", ".join(_snake(obj["kind"]) for obj in self.objects)
            raise AttributeError(
                f"workload {self.name} has {len(found)} objects of kind {kind!r}; it has: {kinds}"
            )
        return Ref.of(found[0])

    def changed(self, which: Ref | str, change: Callable[[Obj], None]) -> Workload:
        """A copy in which ``change`` was called on one object (a Ref, or a kind as in
        ``deployment``).
        """
        ref = self.__getattr__(which) if isinstance(which, str) else which
        objects = copy.deepcopy(self.objects)
        for obj in objects:
            if Ref.of(obj) == ref:
                change(obj)
        return Workload(self.name, objects)

    def scaled(self, replicas: int) -> Workload:
        """A copy in which every object that has ``spec.replicas`` has this many."""
        objects = copy.deepcopy(self.objects)
        for obj in objects:
            if "replicas" in (obj.get("spec") or {}):
                obj["spec"]["replicas"] = replicas
        return Workload(self.name, objects)


def _snake(kind: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
