"""Why an order traded, or why it did not: a few lines of arithmetic each.

The one idea to know: prices are published, so everybody can hold his own limit against them. The
reason is the distance from the price; where that does not decide (equals, blocks that cannot be
divided, storages that wait) it is the rule that did.
"""

from clearing.explain.blocks import BlockExplanation, BlockReason, explain_block
from clearing.explain.columns import reasons_of
from clearing.explain.orders import Explanation, Reason, explain
from clearing.explain.storages import StorageExplanation, StorageReason, explain_storage

__all__ = [
    "BlockExplanation",
    "BlockReason",
    "Explanation",
    "Reason",
    "StorageExplanation",
    "StorageReason",
    "explain",
    "explain_block",
    "explain_storage",
    "reasons_of",
]
