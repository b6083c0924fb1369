"""What was delivered: read off meters, priced, booked once, and settled again when more is known."""
