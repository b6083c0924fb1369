"""The name of the last step says which version a store has, so the number in `meta` goes.

A program from before the steps then refuses the store by name instead of guessing.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Forget the number."""
    op.execute("DELETE FROM meta WHERE name = 'schema_version'")
