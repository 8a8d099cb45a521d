"""Mistakes in noisy_digits: a module for each part of the notebook."""
