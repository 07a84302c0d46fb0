"""Questions asked of a live system, one file each, behind the protocol in `chaos.probes.protocol`."""
