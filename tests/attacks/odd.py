"""Attacks: odd."""
