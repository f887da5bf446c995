"""Follows a page of the documentation as a reader does: its shell blocks, as they stand, in one
shell, each compared with the page's words.
"""
