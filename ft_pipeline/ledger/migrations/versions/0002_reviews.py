"""Reviews: who looked at the answers of a release, what they found, whether they signed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    texts = (
        "review_id",
        "task",
        "release_id",
        "adapter_hash",
        "eval_report",
        "sheet_id",
        "signer",
        "decision",
        "remark",
    )
    op.create_table(
        "reviews",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_reviews"),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("kappa", sa.Float(53), nullable=True),
        sa.Column("kappa_answers", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.UniqueConstraint("task", "review_id", name="uq_reviews_task_review_id"),
    )
    op.create_index("ix_reviews_task_release_id", "reviews", ["task", "release_id"])


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("reviews")
