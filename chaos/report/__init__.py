"""Telling people and programs what happened: the console, JSON."""
