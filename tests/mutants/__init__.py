"""Small edits of KubeStellar's source that the suite must notice (`make mutants`).

`catalogue` reads the lists (a YAML file per area beside this one), `run` tries one mutant, `matrix`
writes docs/mutants.md. Every edit is of the project's own making.
"""
