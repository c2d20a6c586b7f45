"""Measures ingest: what malformed inputs do to it, and its speed beside what the libraries allow.

Here: `python -m benchmarks.ingest`. Not here: what curation makes of the rows.
"""
