"""The gateway: an OpenAI-shaped endpoint that serves one release and switches to the next without a failed request.

Here: release bundles (bundle), the switch (gateway), HTTP (app, guards), the gateway as a process (process). Not here:
which release is served (the ledger says so), Dagster. Reads a release bundle and the ledger's desired release. Writes
the ledger's live and failed events and the interactions (redacted).
"""

from ft_pipeline.serve.bundle import Bundle, BundleError, Parity, read_bundle, write_bundle
from ft_pipeline.serve.process import (
    GatewayStatus,
    ServeError,
    base_url,
    run_gateway,
    start_detached,
    status,
    stop,
    wait_until_live,
)

__all__ = [
    "Bundle",
    "BundleError",
    "GatewayStatus",
    "Parity",
    "ServeError",
    "base_url",
    "read_bundle",
    "run_gateway",
    "start_detached",
    "status",
    "stop",
    "wait_until_live",
    "write_bundle",
]
