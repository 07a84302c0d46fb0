"""Changes made to a running system, one file each, behind the protocol in `chaos.faults.protocol`."""
