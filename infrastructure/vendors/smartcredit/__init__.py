"""A report provider reached by OAuth: linking, reports, scores, alerts and webhooks (`docs/decisions/0014`)."""
