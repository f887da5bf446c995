"""An installation that is there already: the user names its contexts, and nothing that was not made
here is touched.
"""
