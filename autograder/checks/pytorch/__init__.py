"""The hidden checks of the assignment pytorch: one module for each notebook, in the notebook's order."""
