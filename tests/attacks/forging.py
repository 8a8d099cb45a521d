"""Attacks: forging."""
