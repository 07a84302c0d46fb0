"""What more than one command prints."""
