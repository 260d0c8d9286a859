"""Services: answers that come again, each time they were due, and what was told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "services",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("name", sa.String(60), nullable=False, unique=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "ticks",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("service_id", sa.String(12), nullable=False, index=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("run_id", sa.String(40), nullable=False),
        sa.Column("cause", sa.String(10), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        # However many look at the clock: a time is one answer.
        sa.UniqueConstraint("service_id", "due_at"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("service_id", sa.String(12), nullable=False, index=True),
        sa.Column("tick_id", sa.String(16), nullable=False, index=True),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("content", sa.Text, nullable=False),
    )
