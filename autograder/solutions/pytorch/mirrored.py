# %% wrong flip_two expects=upside_down
# Axis 2 are the rows.
def mirrored(x):
    turn = torch.rand(len(x), 1, 1, 1) < 0.5
    return torch.where(turn, torch.flip(x, [2]), x)


# %% wrong one_coin expects=one_draw_for_all
# One coin for the whole batch.
def mirrored(x):
    if np.random.rand() < 0.5:
        return x.flip(-1)
    return x


# %% wrong in_place expects=batch_written_into
# Writes into x, hence here into the training set where x is a view.
def mirrored(x):
    mask = torch.rand(x.shape[0]) > 0.5
    x[mask] = x[mask].flip(3)
    return x


# %% wrong torn expects=pictures_torn
# rand_like draws for each pixel.
def mirrored(x):
    return torch.where(torch.rand_like(x) < 0.5, x.flip(3), x)


# %% right coins_in_a_loop
# Python's coins, picture by picture.
def mirrored(x):
    import random

    return torch.stack([picture.flip(2) if random.random() < 0.5 else picture for picture in x])


# %% right reversed_index
# A clone, Bernoulli draws, and a reversed index instead of flip.
def mirrored(x):
    out = x.clone()
    rows = torch.bernoulli(torch.full((len(x),), 0.5)).bool()
    out[rows] = x[rows][..., torch.arange(x.shape[-1] - 1, -1, -1)]
    return out
