"""The misconceptions of the assignment backprop, in the same chapters as its checks."""
