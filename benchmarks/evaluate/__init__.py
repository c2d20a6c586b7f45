"""Measures the evaluation: can its rules be trusted, and what does it cost?

Here: `python -m benchmarks.evaluate`. Planted truths on synthetic score tables (planted), generation and scoring on the
embedded model (speed). Not here: the figures of a real model.
"""
