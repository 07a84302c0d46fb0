"""Producers and workers in Node.js: scripts around the SDK that the users of Reseolio have, and what they need here."""
