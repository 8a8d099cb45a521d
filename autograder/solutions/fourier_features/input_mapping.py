# %% wrong no_two_pi expects=two_pi_missing
# sin and cos of x B^T: frequencies 6.28 times too low.
def input_mapping(x, B):
    if B is None:
        return x
    proj = x @ B.T
    return np.concatenate([np.sin(proj), np.cos(proj)], axis=-1)


# %% wrong one_pi expects=pi_only
# pi instead of 2 pi.
def input_mapping(x, B):
    if B is None:
        return x
    x_proj = (np.pi * x) @ B.T
    return np.concatenate([np.sin(x_proj), np.cos(x_proj)], axis=-1)


# %% wrong two_pi_outside expects=two_pi_outside
# The factor stands before the sine.
def input_mapping(x, B):
    if B is None:
        return x
    proj = x @ B.T
    return np.concatenate([2 * np.pi * np.sin(proj), 2 * np.pi * np.cos(proj)], axis=-1)


# %% wrong sine_only expects=sine_only
# The cosines are missing.
def input_mapping(x, B):
    if B is None:
        return x
    return np.sin(2 * np.pi * x @ B.T)


# %% wrong sine_twice expects=sine_twice
# Copy and paste: sine beside sine.
def input_mapping(x, B):
    if B is None:
        return x
    p = 2. * np.pi * x @ B.T
    return np.concatenate([np.sin(p), np.sin(p)], axis=-1)


# %% wrong untransposed expects=B_not_transposed
# x @ B works for the identity and crashes for (size, 2).
def input_mapping(x, B):
    if B is None:
        return x
    p = 2 * np.pi * np.dot(x, B)
    return np.concatenate([np.sin(p), np.cos(p)], axis=-1)


# %% wrong first_axis expects=joined_on_the_first_axis
# Joins along axis 0: twice as many rows.
def input_mapping(x, B):
    if B is None:
        return x
    p = 2 * np.pi * x @ B.T
    return np.concatenate([np.sin(p), np.cos(p)], axis=0)


# %% wrong second_axis expects=joined_on_axis_one
# axis=1 is the last axis for rows only; for a picture of coordinates it is its width.
def input_mapping(x, B):
    if B is None:
        return x
    p = 2 * np.pi * np.dot(x, B.T)
    return np.concatenate((np.sin(p), np.cos(p)), axis=1)


# %% wrong stacked expects=stacked_on_a_new_axis
# np.stack makes a new axis of length 2.
def input_mapping(x, B):
    if B is None:
        return x
    p = 2 * np.pi * x @ B.T
    return np.stack([np.sin(p), np.cos(p)], axis=-1)


# %% wrong coordinates_kept expects=with_the_coordinates
# Puts x itself in front, as NeRF does.
def input_mapping(x, B):
    if B is None:
        return x
    p = 2 * np.pi * x @ B.T
    return np.concatenate([x, np.sin(p), np.cos(p)], axis=-1)


# %% wrong added expects=added
# Adds sine and cosine instead of joining them.
def input_mapping(x, B):
    if B is None:
        return x
    p = 2 * np.pi * x @ B.T
    return np.sin(p) + np.cos(p)


# %% wrong scaled_in_place expects=x_scaled_in_place
# x *= 2 pi changes the caller's coordinates: the next mapping gets them scaled.
def input_mapping(x, B):
    if B is None:
        return x
    x *= 2 * np.pi
    return np.concatenate([np.sin(x @ B.T), np.cos(x @ B.T)], axis=-1)


# %% wrong none_forgotten expects=no_case_for_none
# No case for None: crashes there.
def input_mapping(x, B):
    proj = 2 * np.pi * x @ B.T
    return np.concatenate([np.sin(proj), np.cos(proj)], axis=-1)


# %% wrong none_gives_nothing expects=nothing_for_none
# An if without else: None comes back for B None.
def input_mapping(x, B):
    if B is not None:
        proj = (2. * np.pi * x) @ B.T
        return np.concatenate([np.sin(proj), np.cos(proj)], axis=-1)


# %% right cosine_first
# Cosines first.
def input_mapping(x, B):
    if B is None:
        return x
    proj = 2 * np.pi * x @ B.T
    return np.concatenate([np.cos(proj), np.sin(proj)], axis=-1)


# %% right complex_exponential
# e^(2 pi i x B^T), its imaginary and its real part.
def input_mapping(x, B):
    if B is None:
        return x
    wave = np.exp(2j * np.pi * np.einsum('...d,md->...m', x, B))
    return np.concatenate([wave.imag, wave.real], axis=-1)


# %% right phase_shift
# One sine, with a quarter turn for the second half; a copy for None.
def input_mapping(x, B):
    if B is None:
        return x.copy()
    BB = np.vstack([B, B])
    shift = np.repeat([0.0, np.pi / 2], len(B))
    return np.sin(2 * np.pi * np.matmul(x, BB.T) + shift)


# %% right filled_in
# An empty array, filled in column by column in single precision.
def input_mapping(x, B):
    if type(B) == type(None):
        return np.asarray(x)
    m = B.shape[0]
    flat = np.reshape(x, (-1, x.shape[-1]))
    features = np.empty((flat.shape[0], 2 * m), dtype=np.float32)
    for j in range(m):
        angle = 2 * np.pi * (flat[:, 0] * B[j, 0] + flat[:, 1] * B[j, 1])
        features[:, j] = np.sin(angle)
        features[:, m + j] = np.cos(angle)
    return features.reshape(x.shape[:-1] + (2 * m,))


# %% right tensordot
# tensordot, whole turns taken away before the sine, r_ would not do for pictures: append on the last axis.
def input_mapping(x, B):
    if B is None:
        return x
    turns = np.tensordot(x, B, axes=([-1], [1]))
    turns = turns - np.floor(turns)
    return np.append(np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns), axis=-1)
