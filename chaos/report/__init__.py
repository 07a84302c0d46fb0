"""Telling people and programs what happened: the console, and the report formats."""
