# %% wrong reshaped expects=planes_misread
# The notebook's colleague.
def to_batch(pictures, mean, std):
    x = (pictures / 255 - mean) / std
    return torch.tensor(x.reshape(-1, 3, *pictures.shape[1:3]), dtype=torch.float32)


# %% wrong viewed expects=planes_misread
# The same with torch's view.
def to_batch(pictures, mean, std):
    x = torch.tensor((pictures / 255 - mean) / std).float()
    n, h, w, c = x.shape
    return x.view(n, c, h, w)


# %% wrong columns_first expects=pictures_lie_on_their_side
# Turned by a diagonal: permute(0, 3, 2, 1).
def to_batch(pictures, mean, std):
    return torch.tensor((pictures / 255 - mean) / std, dtype=torch.float32).permute(0, 3, 2, 1)


# %% wrong own_scale expects=own_statistics
# Normalised by the pictures themselves, so validation pictures and single ones come on another scale.
def to_batch(pictures, mean, std):
    x = pictures / 255
    x = (x - x.mean(axis=(0, 1, 2))) / x.std(axis=(0, 1, 2))
    return torch.tensor(x.transpose(0, 3, 1, 2), dtype=torch.float32)


# %% wrong bytes expects=bytes_normalised
# The statistics are those of values up to 1.
def to_batch(pictures, mean, std):
    return torch.from_numpy(((pictures - mean) / std).transpose(0, 3, 1, 2)).float()


# %% wrong no_deviation expects=another_formula
# The mean subtracted, and that is all.
def to_batch(pictures, mean, std):
    return torch.from_numpy((pictures / 255 - mean).transpose(0, 3, 1, 2)).float()


# %% wrong doubles expects=float64_kept
# NumPy's float64 stays.
def to_batch(pictures, mean, std):
    return torch.tensor(((pictures / 255 - mean) / std).transpose(0, 3, 1, 2))


# %% right all_in_torch
# Moves the axis first, and normalises planes.
def to_batch(pictures, mean, std):
    x = torch.as_tensor(pictures).movedim(-1, 1).to(torch.float32).div(255)
    mean, std = (torch.as_tensor(np.asarray(v), dtype=torch.float32).view(1, 3, 1, 1) for v in (mean, std))
    return (x - mean) / std


# %% right plane_by_plane
# A loop over the colours, written into a tensor.
def to_batch(pictures, mean, std):
    out = torch.empty(len(pictures), 3, *pictures.shape[1:3])
    for c in range(3):
        out[:, c] = torch.from_numpy((pictures[..., c].astype(np.float32) / 255 - mean[c]) / std[c])
    return out
