"""Mistakes that students make in the assignment backprop: one module for each notebook."""
