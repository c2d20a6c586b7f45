"""The ledger's tables as SQLAlchemy sees them; migrations/ makes them.

Here: tables, keys, indexes. Not here: queries (ledger). A test compares these tables with what the migrations make.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer, primary_key=True, autoincrement=True)


releases = sa.Table(
    "releases",
    metadata,
    _number(),
    _text("task"),
    _text("release_id"),
    _text("adapter_hash"),
    _text("base_id"),
    _text("base_hash"),
    sa.Column("threshold", sa.Float(53), nullable=False),
    _text("redaction_version"),
    _text("system_prompt_hash"),
    _text("bundle"),
    _text("eval_report"),
    _text("as_of"),
    _text("created_at"),
    sa.UniqueConstraint("task", "release_id"),
)

decisions = sa.Table(
    "decisions",
    metadata,
    _number(),
    _text("task"),
    _text("release_id"),
    _text("verdict"),
    sa.Column("reasons", sa.JSON, nullable=False),
    _text("at"),
    sa.Index(None, "task", "release_id"),
)

events = sa.Table(
    "events",
    metadata,
    _number(),
    _text("event_id"),
    _text("task"),
    _text("kind"),
    _text("release_id"),
    _text("detail"),
    _text("at"),
    sa.UniqueConstraint("task", "event_id"),
    sa.Index(None, "task", "kind"),
)

interactions = sa.Table(
    "interactions",
    metadata,
    _number(),
    _text("interaction_id"),
    _text("task"),
    _text("release_id"),
    _text("question"),
    _text("answer"),
    sa.Column("confidence", sa.Float(53), nullable=False),
    sa.Column("handed_over", sa.Boolean, nullable=False),
    sa.Column("seconds", sa.Float(53), nullable=False),
    _text("at"),
    sa.Column("ticket_id", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("task", "interaction_id"),
    sa.Index(None, "task", "at"),
)

ratings = sa.Table(
    "ratings",
    metadata,
    _number(),
    _text("task"),
    _text("interaction_id"),
    sa.Column("value", sa.Integer, nullable=False),
    _text("comment"),
    _text("at"),
    sa.Index(None, "task", "interaction_id"),
)

reviews = sa.Table(
    "reviews",
    metadata,
    _number(),
    _text("review_id"),
    _text("task"),
    _text("release_id"),
    _text("adapter_hash"),
    _text("eval_report"),
    _text("sheet_id"),
    _text("signer"),
    _text("decision"),
    _text("remark"),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("kappa", sa.Float(53), nullable=True),
    sa.Column("kappa_answers", sa.Integer, nullable=False),
    _text("at"),
    sa.UniqueConstraint("task", "review_id"),
    sa.Index(None, "task", "release_id"),
)

judge_checks = sa.Table(
    "judge_checks",
    metadata,
    _number(),
    _text("task"),
    _text("review_id"),
    _text("model"),
    _text("prompt_version"),
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("both_right", "only_human", "only_judge", "both_wrong")),
    _text("at"),
    sa.UniqueConstraint("task", "review_id", "model", "prompt_version"),
)
