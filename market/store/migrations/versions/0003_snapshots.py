"""Snapshots of the state beside the journal. They can be made again, but not by reading alone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make their table, where a program from before the steps has not done so."""
    op.create_table(
        "snapshots",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("format_version", sa.BigInteger(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("chain_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("blob_hash", sa.LargeBinary(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch"),
        if_not_exists=True,
    )
