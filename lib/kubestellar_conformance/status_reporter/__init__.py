"""Stand-in for the OCM status add-on's agent: one process per WEC, apart from the harness.

It keeps the same contract with the ITS as upstream's agent (`contract`, `mirror`, `reporter`), so
that KubeStellar's status controller sees no difference. It imports only `errors`, `access` and
`watching` of the other packages, because two of these processes start with every platform.
"""
