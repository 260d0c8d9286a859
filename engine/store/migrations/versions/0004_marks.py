"""What people put on runs to find them again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "marks",
        sa.Column("run_id", sa.String(40), primary_key=True),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
    )
