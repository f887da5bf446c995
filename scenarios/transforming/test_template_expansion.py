"""Templates in objects, expanded for each WEC (user guide, "Template Expansion"; API:
TemplateExpansionAnnotationKey).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Space,
    case,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import contains, create_only, has, meets

pytestmark = on_fleet(near={"zone": "a"}, far={"zone": "b"})
EXPAND = {"control.kubestellar.io/expand-templates": "true"}


@promises("XFORM-29", "XFORM-36")
def test_every_wec_gets_values_of_its_own(wds: Space, fleet: Fleet, make: Make) -> None:
    """Two templates of one object, expanded for two WECs."""
    thing = make.config_map(annotations=EXPAND, where="in {{.zone}}", who="{{.clusterName}}!")
    with step("Create an object with templates, and ask for it on two WECs"):
        wds.apply(thing, make.policy(thing, to=fleet))
    with step("Each WEC gets it with its own zone and name"):
        near, far = fleet.wec("near"), fleet.wec("far")
        wanted = {"data": {"where": "in a", "who": f"{near.name}!"}}
        near.eventually(contains(thing, wanted), within="downsync")
        wanted = {"data": {"where": "in b", "who": f"{far.name}!"}}
        far.eventually(contains(thing, wanted), within="downsync")


@promises("XFORM-30")
def test_strings_at_any_depth_are_expanded_and_nothing_else(
    wds: Space, fleet: Fleet, make: Make, widget: Kind
) -> None:
    """Strings in maps and lists; keys, numbers and booleans stay."""
    spec = {
        "list": ["plain", {"deep": [["in {{.zone}}"]]}],
        "{{.zone}}": "key",
        "number": 3,
        "truth": True,
    }
    thing = make.object(widget, annotations=EXPAND, spec=spec)
    with step("Create an object that has strings at several depths"):
        wds.apply(thing, make.policy(thing, to=fleet))
    with step("All of its strings are expanded, and the rest is as it was"):
        near = {"spec": {**spec, "list": ["plain", {"deep": [["in a"]]}]}}
        far = {"spec": {**spec, "list": ["plain", {"deep": [["in b"]]}]}}
        fleet["near"].eventually(contains(thing, near), within="downsync")
        fleet["far"].eventually(contains(thing, far), within="downsync")


@promises("XFORM-30")
def test_the_arguments_of_a_container_are_expanded(wds: Space, fleet: Fleet, make: Make) -> None:
    """In a Deployment, whose numbers stay what they are."""
    web = make.deployment(replicas=2)
    web["metadata"]["annotations"] = EXPAND
    [container] = web["spec"]["template"]["spec"]["containers"]
    container["args"] = ["--plain", "--zone={{.zone}}", "--cluster={{.clusterName}}"]
    with step("Create a Deployment with templates in its container's arguments"):
        wds.apply(web, make.policy(web, to=fleet))
    with step("Each WEC has its own arguments"):
        near, far = fleet.wec("near"), fleet.wec("far")
        near.eventually(meets(web, *arguments_are("a", near)), within="downsync")
        far.eventually(meets(web, *arguments_are("b", far)), within="downsync")
        fleet.eventually(contains(web, {"spec": {"replicas": 2}}), within="downsync")


def arguments_are(zone: str, wec: Space) -> tuple[str, Callable[[Obj], bool]]:
    """For `meets`: the arguments of a Deployment's container in this WEC, and no other."""
    wanted = ["--plain", f"--zone={zone}", f"--cluster={wec.name}"]
    return f"have the arguments {wanted}", lambda obj: arguments_of(obj) == wanted


def arguments_of(web: Obj) -> list[str]:
    """The arguments of a Deployment's only container."""
    [container] = web["spec"]["template"]["spec"]["containers"]
    found: list[str] = container.get("args") or []
    return found


@promises("XFORM-31")
@pytest.mark.parametrize(
    "annotations",
    [
        case("without the annotation", {}),
        case("false", dict.fromkeys(EXPAND, "false")),
        case("True", dict.fromkeys(EXPAND, "True")),
    ],
)
def test_unless_the_annotation_is_true_text_stays_as_it_is(
    wds: Space, fleet: Fleet, make: Make, annotations: dict[str, str]
) -> None:
    """Text in double braces is nothing special, even where it is no template."""
    thing = make.config_map(annotations=annotations, where="in {{.zone}}", wrong="{{ .")
    with step("Create an object with double braces, and ask for it on two WECs"):
        wds.apply(thing, make.policy(thing, to=fleet))
    with step("Both WECs get it as it is in the WDS"):
        fleet.eventually(has(thing), within="downsync")


@promises("XFORM-39")
@pytest.mark.parametrize(
    ("template", "near", "far"),
    [
        case("if and else", '{{if eq .zone "a"}}first{{else}}other{{end}}', "first", "other"),
        case("range", '{{range $k, $v := .}}{{if eq $k "zone"}}{{$v}}{{end}}{{end}}', "a", "b"),
        case("printf", '{{printf "%s-%03d" .zone 7}}', "a-007", "b-007"),
        case("a variable", "{{$z := .zone}}{{$z}}{{$z}}", "aa", "bb"),
        case("a pipeline", '{{.zone | printf "%s%s" "z" | len}}', "2", "2"),
        case("trimmed white space", "x  {{- .zone -}}  y", "xay", "xby"),
        case("a comment", "x{{/* none */}}y{{.zone}}", "xya", "xyb"),
    ],
)
def test_templates_have_the_whole_language(
    wds: Space, fleet: Fleet, make: Make, template: str, near: str, far: str
) -> None:
    """That of Go's text/template."""
    thing = make.config_map(annotations=EXPAND, text=template)
    with step("Create an object with that template"):
        wds.apply(thing, make.policy(thing, to=fleet))
    with step("Each WEC gets its expansion"):
        fleet["near"].eventually(contains(thing, {"data": {"text": near}}), within="downsync")
        fleet["far"].eventually(contains(thing, {"data": {"text": far}}), within="downsync")


@promises("XFORM-48")
def test_objects_without_the_annotation_are_the_same_everywhere(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """One policy of four objects, two of which ask for expansion."""
    first = make.config_map("first", annotations=EXPAND, text="{{.zone}}")
    plain = make.config_map("plain", text="{{.zone}}")
    second = make.config_map("second", annotations=EXPAND, text="<{{.zone}}>")
    bare = make.config_map("bare", text="bare")
    with step("Ask for all of them with one policy"):
        wds.apply(first, plain, second, bare, make.policy(first, plain, second, bare, to=fleet))
    with step("Those with the annotation differ from WEC to WEC"):
        near, far = fleet.wec("near"), fleet.wec("far")
        near.eventually(contains(first, {"data": {"text": "a"}}), within="downsync")
        near.eventually(contains(second, {"data": {"text": "<a>"}}), within="downsync")
        far.eventually(contains(first, {"data": {"text": "b"}}), within="downsync")
        far.eventually(contains(second, {"data": {"text": "<b>"}}), within="downsync")
    with step("The others are as they are in the WDS"):
        fleet.eventually(has(plain, bare), within="downsync")


@promises("XFORM-49")
def test_an_expanded_object_may_be_create_only(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """The ManifestWorks have the expanded object, and say that it is only created."""
    thing = make.config_map(annotations=EXPAND, text="{{.zone}}")
    policy = make.policy(thing, to=fleet, create_only=True)
    with step("Ask for an object with a template, to be created only"):
        wds.apply(thing, policy)
    with step("Each WEC gets its own expansion"):
        fleet["near"].eventually(contains(thing, {"data": {"text": "a"}}), within="downsync")
        fleet["far"].eventually(contains(thing, {"data": {"text": "b"}}), within="downsync")
    with step("Its update strategy is CreateOnly in both mailboxes"):
        its.eventually(create_only(policy, fleet, thing), within="downsync")


@promises("XFORM-50")
def test_a_template_has_to_pass_the_wds_s_validation(wds: Space, make: Make) -> None:
    """It may stand for an image, and not for a port."""
    web = make.deployment()
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/{{.zone}}/web"
    spec = {"ports": [{"port": "{{.port}}"}]}
    service = make.object("v1/Service", annotations=EXPAND, spec=spec)
    with step("The WDS accepts a template where it takes any text"):
        wds.accepts(web)
    with step("It refuses one where a number has to be"):
        wds.refuses(service, saying="port")


@promises("XFORM-51")
def test_the_documented_log_forwarder(wds: Space, its: Space, make: Make) -> None:
    """The page's example, for a WEC whose name begins with virgo."""
    forwarder = make.kind("cluster-log-forwarder")
    virgo = make.wecs(virgo={}).wec("virgo")
    url = "https://my.loki.server.com/{{.clusterName}}-{{.clusterHash}}"
    output = {"name": "remote-loki", "type": "loki", "url": url}
    instance = make.object(forwarder, annotations=EXPAND, spec={"outputs": [output]})
    with step("Give the WEC its property, and ask for the forwarder there"):
        its.apply(make.properties(virgo, clusterHash="1001-dead-beef"))
        wds.apply(instance, make.policy(instance, to=virgo))
    with step("The forwarder has the documented URL there"):
        expanded = f"https://my.loki.server.com/{virgo.name}-1001-dead-beef"
        wanted = {"spec": {"outputs": [{**output, "url": expanded}]}}
        virgo.eventually(contains(instance, wanted), within="downsync")
