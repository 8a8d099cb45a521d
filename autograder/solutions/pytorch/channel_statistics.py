# %% wrong bytes expects=not_divided_by_255
# The statistics of bytes: 120 instead of 0.47.
def channel_statistics(pictures):
    return pictures.mean((0, 1, 2)), pictures.std((0, 1, 2))


# %% wrong one_for_all expects=colours_together
# One mean, one deviation.
def channel_statistics(pictures):
    p = pictures / 255.0
    return np.array([p.mean()] * 3), np.array([p.std()] * 3)


# %% wrong picture_by_picture expects=deviations_averaged
# Each picture's own deviation, averaged: the differences between pictures are lost.
def channel_statistics(pictures):
    means, stds = [], []
    for picture in pictures / 255:
        means.append(picture.reshape(-1, 3).mean(axis=0))
        stds.append(picture.reshape(-1, 3).std(axis=0))
    return np.mean(means, axis=0), np.mean(stds, axis=0)


# %% wrong a_mean_picture expects=other_axes
# Over the pictures alone: a mean picture instead of three numbers.
def channel_statistics(pictures):
    x = pictures / 255
    return x.mean(axis=0), x.std(axis=0)


# %% wrong in_place
# /= on a view of a float copy is fine; here the caller's pictures are darkened on the way.
def channel_statistics(pictures):
    mean, std = (pictures / 255).mean((0, 1, 2)), (pictures / 255).std((0, 1, 2))
    pictures //= 255
    return mean, std


# %% right by_moments
# The mean of the squares less the square of the mean, in float64, and torch instead of NumPy.
def channel_statistics(pictures):
    x = torch.as_tensor(np.asarray(pictures)).double().div(255).flatten(0, 2)
    mean = x.mean(0)
    return mean.numpy(), ((x * x).mean(0) - mean * mean).sqrt().numpy()


# %% right sample_deviation
# n - 1 in the denominator, colour by colour.
def channel_statistics(pictures):
    colours = [pictures[..., c].ravel() / 255 for c in range(3)]
    return [c.mean() for c in colours], [c.std(ddof=1) for c in colours]
