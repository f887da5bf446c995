"""An installation that exists already: the user names its contexts, and a run touches only the
objects that it made.
"""
