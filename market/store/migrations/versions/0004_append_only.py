"""The journal is only added to: the database refuses to change, delete or truncate its rows.

`market/store/append_only.py` says the same of the postings, which are no durable table.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

_SQLITE = """
CREATE TRIGGER IF NOT EXISTS journal_is_not_{verb} BEFORE {act} ON journal {when}
BEGIN SELECT RAISE(ABORT, 'journal: rows are only added'); END
"""


def upgrade() -> None:
    """Put the guard on the table."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("""
            CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '%: rows are only added', TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation';
            END $$
        """)
        op.execute("""
            CREATE OR REPLACE TRIGGER journal_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()
        """)
        op.execute("ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_is_only_added_to")
        return
    # A row that takes the place of another one fires no trigger of DELETE in a file.
    taken = "WHEN EXISTS (SELECT 1 FROM journal WHERE batch = NEW.batch)"
    for verb, act, when in (
        ("changed", "UPDATE", ""),
        ("deleted", "DELETE", ""),
        ("replaced", "INSERT", taken),
    ):
        op.execute(_SQLITE.format(verb=verb, act=act, when=when))
