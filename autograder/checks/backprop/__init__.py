"""The hidden checks of the assignment backprop, in chapters.

fully_connected.ipynb: initialization, forward, loss, backwards, batches, training, for the exercises in the order
of the notebook. The other notebooks: the modules whose names begin with theirs.
"""
