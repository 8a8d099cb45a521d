"""The hidden checks of the assignment autoencoder: building, momentum, training, quality, in the notebook's order."""
