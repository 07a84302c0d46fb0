"""What is put under test: one folder a system, each behind the protocol in `chaos.systems.protocol`."""
