"""Following a run from outside while it runs: a page for Prometheus, spans and metrics by OTLP."""
