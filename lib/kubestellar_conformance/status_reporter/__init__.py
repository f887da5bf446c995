"""Stand-in for the OCM status add-on's agent: one process a WEC, kept apart from the harness.

It keeps the same contract with the ITS as upstream's agent, so that KubeStellar's status controller
sees no difference. It imports nothing of the other packages but `errors`, because two of these
start with every platform.
"""
