"""What kept runs found, told to those who maintain the system: how often, by which witness, and what it would need."""
