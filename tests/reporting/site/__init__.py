"""The site and the Markdown pages of runs."""
