"""Handing schedules over to a scheduler that is there already."""
