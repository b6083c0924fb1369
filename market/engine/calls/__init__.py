"""Auctions of an interval and of a day: opened, closed, cleared, and handed over to what follows."""
