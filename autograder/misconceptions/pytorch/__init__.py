"""The misconceptions of the assignment pytorch: one module for each notebook, like its checks."""
