"""The hidden checks of the assignment backprop: one module for each notebook."""
