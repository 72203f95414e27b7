"""Rough bilingual notes in; an Anki deck and a printed cheat sheet out."""

__version__ = "0.1.0"
