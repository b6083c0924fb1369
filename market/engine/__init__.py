"""Where the parts of the market meet: decides on commands, applies events."""
