"""Attacks: breaking."""
