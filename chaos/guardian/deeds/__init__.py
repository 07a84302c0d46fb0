"""What undoes a change after its maker has died: one deed a file, found by `chaos.guardian.registry`."""
