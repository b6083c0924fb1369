"""Offers outside the books: listings, inquiries, contracts, and the rules that place them."""
