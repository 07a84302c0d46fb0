"""Telling people: what is told, where it goes, and trying again until it got there."""
