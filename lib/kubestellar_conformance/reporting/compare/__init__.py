"""Compares two records of one suite: release against release, a change against main."""
