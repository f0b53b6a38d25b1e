"""Convoy's command line: one file a verb, one file a figure, and what they share."""
