"""The proxies between the parts of a run, which network faults act on: a Toxiproxy server, and how it is had."""
