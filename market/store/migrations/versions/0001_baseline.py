"""The journal and what a file says of itself, as they were before there were steps.

The tables of this version also carried the projections, which are made again when a newer program
opens the file.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "journal",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("now_us", sa.BigInteger(), nullable=False),
        sa.Column("first_command_seq", sa.BigInteger(), nullable=False),
        sa.Column("first_event_seq", sa.BigInteger(), nullable=False),
        sa.Column("commands", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch"),
    )
