"""The hidden checks of the assignment fourier_features, `source/fourier_features/fourier_features.ipynb`, in chapters.

pictures (psnr, get_image), layers (linear to mse), network (forward, backward), updates (SGD, Adam), mapping,
experiment (NN_experiment), low_resolution (memorize, with limits that were measured).
"""
