"""The blocks of a page: lines, headings, prose and shown outputs."""

from __future__ import annotations

from kubestellar_conformance.reader.page import Prose, shell_blocks

PAGE = """\
# A page

## Scenario 0: Look

First words.

- an item

```shell
kubectl get one
kubectl get two
```

Expect this.

```
NAME  AGE
```

More of it.

```bash
echo second
```

### Teardown

```python
print("no shell")
```

Undo it:

```shell
echo third
```
"""


def test_a_block_has_its_line_and_its_place_under_the_headings() -> None:
    blocks = shell_blocks(PAGE)
    assert [(block.line, block.language) for block in blocks] == [
        (10, "shell"),
        (23, "bash"),
        (35, "shell"),
    ]
    assert PAGE.splitlines()[9] == blocks[0].text.splitlines()[0] == "kubectl get one"
    assert [block.section for block in blocks] == ["Scenario 0: Look"] * 3
    places = [(block.heading, block.number) for block in blocks]
    assert places == [("Scenario 0: Look", 1), ("Scenario 0: Look", 2), ("Teardown", 1)]


def test_a_block_has_the_words_around_it_and_the_output_that_is_shown() -> None:
    first, second, third = shell_blocks(PAGE)
    assert first.before == (Prose(5, "First words."), Prose(7, "an item"))
    assert first.after == second.before
    assert second.before == (
        Prose(14, "Expect this."),
        Prose(16, "NAME  AGE\n"),
        Prose(20, "More of it."),
    )
    assert second.after == ()
    assert third.before[-1] == Prose(32, "Undo it:")


def test_a_page_without_blocks_has_none() -> None:
    assert shell_blocks("# Title\n\nwords\n\n    indented code\n") == ()
