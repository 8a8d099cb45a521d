# %% wrong average expects=mean_pooling
# The other pooling.
def max_pool_2x2(x):
    return F.avg_pool2d(x, kernel_size=2, stride=2)


# %% wrong stride_one expects=overlapping_blocks
# stride=1.
def max_pool_2x2(x):
    return F.max_pool2d(x, kernel_size=2, stride=1)


# %% wrong subsampled expects=corners_kept
# Every second pixel.
def max_pool_2x2(x):
    return x[..., ::2, ::2]


# %% wrong with_relu expects=never_negative
# ReLU drawn into the pooling.
def max_pool_2x2(x):
    return F.max_pool2d(F.relu(x), 2, 2)


# %% right module
# A module made on the fly.
def max_pool_2x2(x):
    return nn.MaxPool2d(2, 2)(x)


# %% right reshaped
# Blocks as axes.
def max_pool_2x2(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))


# %% right four_corners
# The larger of two, three times.
def max_pool_2x2(x):
    top = torch.maximum(x[:, :, ::2, ::2], x[:, :, ::2, 1::2])
    return torch.maximum(top, torch.maximum(x[:, :, 1::2, ::2], x[:, :, 1::2, 1::2]))
