"""Interactions name their ticket; how a judge compares with humans, sheet by sheet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column and makes the table."""
    op.add_column("interactions", sa.Column("ticket_id", sa.Text, nullable=False, server_default=""))
    texts = ("task", "review_id", "model", "prompt_version")
    op.create_table(
        "judge_checks",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_judge_checks"),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("both_right", "only_human", "only_judge", "both_wrong")
        ),
        sa.Column("at", sa.Text, nullable=False),
        sa.UniqueConstraint(*texts, name="uq_judge_checks_task_review_id_model_prompt_version"),
    )


def downgrade() -> None:
    """Drops the table and the column."""
    op.drop_table("judge_checks")
    op.drop_column("interactions", "ticket_id")
