"""Facts made true: a function a fact, no rule, no refusal; and what an order's facts are made of."""
