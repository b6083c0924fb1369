"""Offers outside the books: listings, inquiries, contracts, and standing rules, which place orders."""
