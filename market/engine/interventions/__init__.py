"""Who steps in: limits, stops, outages, recalls, mandates, areas that are not heard."""
