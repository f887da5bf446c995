"""Parts that run as workload objects in a cluster, for the platforms ``kind`` and ``existing``."""
