"""The misconceptions of the assignment autoencoder, in the same chapters as its checks."""
