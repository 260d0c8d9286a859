"""Tokens for programs and shared links."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "grants",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False, index=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("run_id", sa.String(40), nullable=False, index=True),
        sa.Column("rights", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )
