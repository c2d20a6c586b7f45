"""Measures curation: speed in CPU-seconds, near-duplicates, and the cost of a refresh with 1 % new tickets.

Here: `python -m benchmarks.curate`. Not here: how well redaction finds personal data.
"""
