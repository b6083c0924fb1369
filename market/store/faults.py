"""What can be wrong with a store before anything is read from it."""


class StoreFault(Exception):
    """A market's store cannot be used as it is.

    StoreFault
    ├── SettingRefused    the database did not take a setting the promises rest on
    ├── SchemaRefused     it was written by another version, or holds no market
    ├── StoreUnreachable  the database server does not answer
    ├── WriterReplaced    another process has taken over writing
    └── JournalBroken     (restore.py) the journal does not prove itself
    """


class SettingRefused(StoreFault):
    """A setting reads back other than it was set."""


class StoreUnreachable(StoreFault):
    """The database server does not answer, or does not let us in."""


class SchemaRefused(StoreFault):
    """The store's schema is not one this program knows how to use."""


class WriterReplaced(StoreFault):
    """The stored epoch is not ours any more: a newer writer has started on this store."""
