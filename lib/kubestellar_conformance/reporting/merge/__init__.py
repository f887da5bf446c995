"""Merges the records of the parts of one run into one record of the whole."""
