"""What people owe, are billed, pay in, cover and withdraw."""
