"""Conformance and scenario harness for KubeStellar.

Layers, lowest first: ``errors``, ``components`` (what is built, from where), ``spaces`` (API
servers, their objects and what was seen in them), ``waiting`` (named time contracts, conditions,
path diagnosis), ``platforms`` (where the spaces come from), ``reporting`` (what a run says). A
layer imports only lower ones; ``tests/test_layers.py`` keeps it so.
"""

__version__ = "0.1.0"
