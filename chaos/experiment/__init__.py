"""The YAML language of experiments: reading, validating, defaults, JSON Schema."""
