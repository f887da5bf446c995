"""Why a wait failed: the walk along the path, hop by hop, and whose job the hop is."""
