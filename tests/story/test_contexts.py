"""``contexts``: the page's blocks and the script, with programs that are scripts here; the scenario
runs the real ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kubestellar_conformance.errors import Deviation, UserError
from kubestellar_conformance.spaces import Ref, Space
from kubestellar_conformance.spaces.refs import NAMESPACE
from kubestellar_conformance.story.contexts import HEADING, Contexts, Documented

PAGE = f"""
## Elsewhere

```shell
echo elsewhere >> $HOME/said
```

## {HEADING}

1. With kflex

    ```shell
    echo one >> $HOME/said
    ```

    ```shell
    echo loop >> $HOME/said
    kflex ctx wds1
    ```

    ```shell
    echo three >> $HOME/said
    ```
"""


def _contexts(folder: Path, **programs: str) -> Contexts:
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    settings = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "host",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "host", "context": {"cluster": "c", "user": "u"}}],
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(settings))
    home = folder / "home"
    home.mkdir()
    host = Space("host", "host", folder / "kubeconfig", "host")
    return Contexts(Documented(PAGE, folder / "import.sh"), [folder], home, host)


def test_a_way_runs_its_blocks_alone(tmp_path: Path) -> None:
    contexts = _contexts(tmp_path, kflex='echo "kflex $@" >> $HOME/said')
    contexts.by_blocks("kflex")
    assert (tmp_path / "home" / "said").read_text() == "loop\nkflex ctx wds1\n"
    assert contexts.names == ["host"]


def test_a_block_that_fails_is_a_deviation_with_its_last_line(tmp_path: Path) -> None:
    contexts = _contexts(tmp_path, kflex="echo 'Error: last' >&2; exit 1")
    with pytest.raises(Deviation, match=r"^block 2 under .* fails: Error: last$"):
        contexts.by_blocks("kflex")


def test_a_page_without_a_way_s_block_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^the page has no block 4 under"):
        _contexts(tmp_path).by_blocks("kubectl")


def test_the_script_gets_its_flags(tmp_path: Path) -> None:
    contexts = _contexts(tmp_path, **{"import.sh": 'echo "$@" > $HOME/said'})
    contexts.by_script("--names", "wds1")
    assert (tmp_path / "home" / "said").read_text() == "--names wds1\n"


def test_a_context_lists_what_kubectl_prints(tmp_path: Path) -> None:
    contexts = _contexts(tmp_path, kubectl='echo "namespace/of-$2"')
    assert contexts.lists("wds1", Ref(NAMESPACE, "", "of-wds1"))
    assert not contexts.lists("wds1", Ref(NAMESPACE, "", "of"))
