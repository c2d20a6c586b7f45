"""Commands that measure: arms side by side in one run, gates, and one JSON object on the last line.

Here: `python -m benchmarks.<name>`. Not here: product code; nothing in ft_pipeline imports this package.
"""
