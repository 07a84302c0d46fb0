"""Gamedays: experiments and manual steps in order, with people, gates, notes, a journal and a record."""
