"""The first tables: releases, decisions, events, interactions, ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(table: str) -> list[sa.Column[int] | sa.PrimaryKeyConstraint]:
    return [
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("number", name=f"pk_{table}"),
    ]


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "releases",
        *_number("releases"),
        *_texts("task", "release_id", "adapter_hash", "base_id", "base_hash"),
        sa.Column("threshold", sa.Float(53), nullable=False),
        *_texts("redaction_version", "system_prompt_hash", "bundle", "eval_report", "as_of", "created_at"),
        sa.UniqueConstraint("task", "release_id", name="uq_releases_task_release_id"),
    )
    op.create_table(
        "decisions",
        *_number("decisions"),
        *_texts("task", "release_id", "verdict"),
        sa.Column("reasons", sa.JSON, nullable=False),
        *_texts("at"),
    )
    op.create_index("ix_decisions_task_release_id", "decisions", ["task", "release_id"])
    op.create_table(
        "events",
        *_number("events"),
        *_texts("event_id", "task", "kind", "release_id", "detail", "at"),
        sa.UniqueConstraint("task", "event_id", name="uq_events_task_event_id"),
    )
    op.create_index("ix_events_task_kind", "events", ["task", "kind"])
    op.create_table(
        "interactions",
        *_number("interactions"),
        *_texts("interaction_id", "task", "release_id", "question", "answer"),
        sa.Column("confidence", sa.Float(53), nullable=False),
        sa.Column("handed_over", sa.Boolean, nullable=False),
        sa.Column("seconds", sa.Float(53), nullable=False),
        *_texts("at"),
        sa.UniqueConstraint("task", "interaction_id", name="uq_interactions_task_interaction_id"),
    )
    op.create_index("ix_interactions_task_at", "interactions", ["task", "at"])
    op.create_table(
        "ratings",
        *_number("ratings"),
        *_texts("task", "interaction_id"),
        sa.Column("value", sa.Integer, nullable=False),
        *_texts("comment", "at"),
    )
    op.create_index("ix_ratings_task_interaction_id", "ratings", ["task", "interaction_id"])


def downgrade() -> None:
    """Drops the tables."""
    for table in ("ratings", "interactions", "events", "decisions", "releases"):
        op.drop_table(table)
