"""Attacks: pages."""
