"""The static site of one or more runs, and the same pages in Markdown, made from the runs' records.

``record`` reads a record, the other modules arrange what pages show, templates lay it out, and
``build`` writes the files.
"""
