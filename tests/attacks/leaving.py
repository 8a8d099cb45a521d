"""Attacks: leaving."""
