"""`python -m ft_pipeline.serve`: the gateway as a process."""

import sys

from ft_pipeline.serve.process import main

if __name__ == "__main__":
    sys.exit(main())
