"""The documents that a run writes, as documented types: the record (`run.json`) and the evidence of
each test.

Every key that a later version adds is kept (``model_extra``), and every key that an earlier version
lacks has a default, so that a record of either can be read. `schemas` publishes them as JSON
schemas.
"""
