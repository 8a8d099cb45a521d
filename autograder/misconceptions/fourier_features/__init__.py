"""Mistakes in the assignment fourier_features, in the chapters of its checks."""
