"""Textbook claims, put to this machine and to real interpreters, each with a verdict."""
