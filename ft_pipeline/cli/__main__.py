"""`python -m ft_pipeline.cli`: the same as `ft-pipeline`."""

from ft_pipeline.cli import main

main()
