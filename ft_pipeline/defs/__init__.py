"""The Dagster layer: thin assets, checks, jobs, schedules and sensors around the steps.

Nothing here works on data itself. Modules of this package must not use `from __future__ import annotations`: Dagster
reads the annotations of `context` and config arguments at run time.
"""
