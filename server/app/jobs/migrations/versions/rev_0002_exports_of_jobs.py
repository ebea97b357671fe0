"""Jobs say what they are to be exported with.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; jobs there are follow the settings."""
    op.add_column("jobs", sa.Column("exports", sa.Text))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("jobs", "exports")
