"""Runs the migrations on the connection that `Ledger.open` hands over."""

from alembic import context

from ft_pipeline.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
