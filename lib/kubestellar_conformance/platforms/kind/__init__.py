"""The platform ``kind``: real clusters in containers, with the product's charts and images made on
this machine.
"""
