"""What was chosen on pages, and scripts that were verified."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "choices",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "answers",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("tables_print", sa.String(64), nullable=False, index=True),
        sa.Column("run_id", sa.String(40), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
