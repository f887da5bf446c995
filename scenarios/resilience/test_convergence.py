"""The system ends in the state that its inputs ask for, and then comes to rest (user guide, "The
Full Story").
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from kubestellar_conformance.story import (
    Fleet,
    Make,
    Obj,
    Policy,
    Space,
    Spaces,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    applied,
    available,
    bound_to,
    bundled,
    gone,
    has,
    none_of,
    quiescent,
    quiescent_manifest_works,
    rows,
    selects,
    unwritten,
    unwritten_manifest_works,
    work_statuses,
)

pytestmark = [own_wds, needs("virtual-wecs")]
SEED, ROUNDS, EDITS = 20261126, 4, 24
TIERS, ZONES = ("gold", "silver", "tin"), ("a", "b", "c")
CONFIG_MAP = "v1/ConfigMap"


@dataclass
class Inputs:
    """What the edits so far ask for: the tier of each ConfigMap that exists, the zone of each WEC,
    and the tier and the zone that each policy selects.
    """

    wds: Space
    make: Make
    fleet: Fleet
    dice: random.Random
    objects: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    policies: dict[str, tuple[str, str]] = field(default_factory=dict)

    def begin(self) -> None:
        """Create an object of each tier that stays, and the policies."""
        for tier in TIERS:
            self.objects[tier] = tier
            self.wds.apply(self.object(tier))
        for _ in range(EDITS):
            self._policy()

    def edit(self) -> None:
        """Change one input: an object or a WEC more often than a policy."""
        self.dice.choice([self._object, self._object, self._wec, self._wec, self._policy])()

    def _object(self) -> None:
        stem = f"object-{self.dice.randrange(8)}"
        if stem in self.objects and self.dice.random() < 0.4:
            del self.objects[stem]
            self.wds.delete(self.object(stem))
            return
        self.objects[stem] = self.dice.choice(TIERS)
        self.wds.apply(self.object(stem, size=str(self.dice.randrange(1000))))

    def _wec(self) -> None:
        member = self.dice.choice(self.fleet.members)
        self.zones[member] = self.dice.choice(ZONES)
        self.fleet[member].relabel(zone=self.zones[member])

    def _policy(self) -> None:
        stem = f"policy-{self.dice.randrange(3)}"
        self.policies[stem] = self.dice.choice(TIERS), self.dice.choice(ZONES)
        self.wds.apply(self.policy(stem))

    def object(self, stem: str, size: str = "0") -> Obj:
        """The ConfigMap, with the label of its tier."""
        tier = self.objects.get(stem, "")
        return self.make.config_map(stem, labels={self.make.name("tier"): tier}, size=size)

    def policy(self, stem: str) -> Policy:
        """The policy, which selects by the labels of tier and zone."""
        tier, zone = self.policies[stem]
        return self.make.policy(
            to=self.fleet.where({"zone": zone}),
            name=stem,
            resources=["configmaps"],
            objectSelectors=[{self.make.name("tier"): tier}],
        )

    def chosen(self, stem: str) -> tuple[list[Obj], Fleet]:
        """The objects and the WECs that a policy selects."""
        tier, zone = self.policies[stem]
        objects = [self.object(one) for one, of in self.objects.items() if of == tier]
        return objects, self.fleet[" ".join(one for one, of in self.zones.items() if of == zone)]

    def wanted(self, member: str) -> list[Obj]:
        """The objects that this WEC shall have, each once."""
        chosen = [self.chosen(stem) for stem in self.policies]
        found = [one for objects, into in chosen if member in into.members for one in objects]
        return list({one["metadata"]["name"]: one for one in found}.values())

    def strays(self, member: str) -> Callable[[Obj], bool]:
        """Whether an object is in this WEC though no policy asks for it there."""
        wanted = {one["metadata"]["name"] for one in self.wanted(member)}
        return lambda obj: obj["metadata"]["name"] not in wanted


@promises("RESIL-01")
def test_random_changes_end_in_what_the_last_of_them_ask_for(
    wds: Space, its: Space, make: Make
) -> None:
    """Objects come, go, change and move between policies; WECs too, and policies change."""
    fleet = make.wecs(one={}, two={}, three={}, four={}, five={}, six={})
    inputs = Inputs(wds, make, fleet, random.Random(SEED))
    with step("Create three policies, and objects that they select"):
        inputs.begin()
    for number in range(1, ROUNDS + 1):
        with step(f"Change {EDITS} inputs at random (seed {SEED}, round {number} of {ROUNDS})"):
            for _ in range(EDITS):
                inputs.edit()
        with step("The Bindings list the objects and the WECs that match now"):
            for stem in inputs.policies:
                policy, (objects, into) = inputs.policy(stem), inputs.chosen(stem)
                wds.eventually(bound_to(policy, into), within="binding")
                wds.eventually(selects(policy, *objects), within="binding")
    with step("Each mailbox has a ManifestWork for each object that a policy asks for"):
        for stem in inputs.policies:
            policy, (objects, into) = inputs.policy(stem), inputs.chosen(stem)
            works = bundled(policy, into, objects=len(objects), at_most=1)
            its.eventually(works, within="downsync")
    with step("Each WEC has the objects that are asked for there, and no other"):
        for member in fleet.members:
            if wanted := inputs.wanted(member):
                fleet[member].eventually(has(*wanted), within="downsync")
            strays = none_of(CONFIG_MAP, inputs.strays(member), "ConfigMap that is not asked for")
            fleet[member].eventually(strays, within="downsync")


@promises("RESIL-15")
def test_a_burst_of_changes_ends_in_exactly_what_was_asked_for(
    wds: Space, its: Space, make: Make
) -> None:
    """A hundred objects are deleted, and all but each tenth created again."""
    fleet = make.wecs(only={})
    before = [make.config_map(f"config-{number}", size="1") for number in range(100)]
    after = [make.config_map(f"config-{number}", size="2") for number in range(100) if number % 10]
    policy = make.policy(*before, to=fleet)
    with step("A hundred objects are in a WEC"):
        wds.apply(policy, *before)
        fleet.eventually(has(*before), within="recovery")
    with step("Delete all of them, and create ninety again at once, with other content"):
        wds.delete(*before)
        wds.apply(*after)
    with step("The Binding lists exactly those, as they are now"):
        wds.eventually(selects(policy, *after, at_live_version=True), within="recovery")
    with step("The WEC has exactly those, with their last content"):
        fleet.eventually(has(*after), within="recovery")
        fleet.eventually(gone(*before[::10]), within="recovery")
        its.eventually(bundled(policy, fleet, objects=90, at_most=1), within="recovery")


@promises("RESIL-17")
def test_nothing_is_written_when_nothing_is_asked_for_any_more(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """Neither in the WDS nor in the ITS nor in the WECs; of all kinds that KubeStellar writes."""
    web, config = make.deployment(), make.config_map()
    count = make.status_collector(combine={"n": "COUNT"})
    policy = make.policy(web, config, to=wecs, collect=count)
    with step("A Deployment and a ConfigMap are in both WECs, and status is collected"):
        wds.apply(count, policy, web, config)
        wecs.eventually(available(web, config), within="available")
        [result] = wds.eventually(rows(count, web, policy, [{"n": 2}]), within="combined_status")
        reported = its.eventually(work_statuses(wecs, web), within="status_return")
    ours = (policy, policy.binding, count, result, web, config)
    with step("The writes come to an end"):
        its.eventually(applied(policy, wecs, web, config), within="recovery")
        wecs.eventually(quiescent(web, config), within="recovery")
        its.eventually(quiescent_manifest_works(policy), within="recovery")
        wds.eventually(quiescent(*ours), within="recovery")
    with (
        step("It stays so for longer than any controller's period"),
        wecs.hold(unwritten(web, config)),
        its.hold(unwritten_manifest_works(policy)),
        its.hold(unwritten(*reported)),
    ):
        wds.stays(unwritten(*ours), quiet="idle")
