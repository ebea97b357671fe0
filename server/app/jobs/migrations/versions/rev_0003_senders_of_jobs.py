"""Jobs say which door they came in by, who sent them, and what they wait as.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of jobs there are nothing is known, and they wait as ever."""
    op.add_column("jobs", sa.Column("origin", sa.String(16), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("client", sa.String(64), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("kind", sa.String(16), nullable=False, server_default="batch"))


def downgrade() -> None:
    """Drop the columns."""
    for column in ("kind", "client", "origin"):
        op.drop_column("jobs", column)
