# %% wrong flipped expects=kernel_flipped
# The mathematicians' convolution.
def conv2d_loop(image, weight, bias):
    C, H, W = image.shape
    O, _, kh, kw = weight.shape
    out = np.zeros((O, H - kh + 1, W - kw + 1))
    for o in range(O):
        k = np.flip(weight[o], axis=(1, 2))
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[o, i, j] = np.sum(image[:, i:i + kh, j:j + kw] * k) + bias[o]
    return out


# %% wrong one_short expects=last_place_missing
# H - k places.
def conv2d_loop(image, weight, bias):
    C, H, W = image.shape
    O, _, kh, kw = weight.shape
    out = np.zeros((O, H - kh, W - kw))
    for o in range(O):
        for i in range(H - kh):
            for j in range(W - kw):
                out[o, i, j] = np.sum(image[:, i:i + kh, j:j + kw] * weight[o]) + bias[o]
    return out


# %% wrong same_size expects=padded
# Zero padding, to keep the size.
def conv2d_loop(image, weight, bias):
    C, H, W = image.shape
    O, _, kh, kw = weight.shape
    big = np.zeros((C, H + kh - 1, W + kw - 1))
    big[:, kh // 2:kh // 2 + H, kw // 2:kw // 2 + W] = image
    out = np.zeros((O, H, W))
    for o in range(O):
        for i in range(H):
            for j in range(W):
                out[o, i, j] = np.sum(big[:, i:i + kh, j:j + kw] * weight[o]) + bias[o]
    return out


# %% wrong without_bias expects=bias_forgotten
# The third argument is not used.
def conv2d_loop(image, weight, bias):
    O, C, kh, kw = weight.shape
    H, W = image.shape[1] - kh + 1, image.shape[2] - kw + 1
    out = np.zeros((O, H, W))
    for o in range(O):
        for i in range(H):
            for j in range(W):
                out[o, i, j] = (image[:, i:i + kh, j:j + kw] * weight[o]).sum()
    return out


# %% wrong bias_in_the_channel_loop expects=bias_added_often
# Added once for every channel.
def conv2d_loop(image, weight, bias):
    O, C, kh, kw = weight.shape
    H, W = image.shape[1] - kh + 1, image.shape[2] - kw + 1
    out = np.zeros((O, H, W))
    for o in range(O):
        for c in range(C):
            for i in range(H):
                for j in range(W):
                    out[o, i, j] += (image[c, i:i + kh, j:j + kw] * weight[o, c]).sum() + bias[o]
    return out


# %% wrong overwrites_channels
# = for +=: the last channel alone survives.
def conv2d_loop(image, weight, bias):
    O, C, kh, kw = weight.shape
    H, W = image.shape[1] - kh + 1, image.shape[2] - kw + 1
    out = np.zeros((O, H, W))
    for o in range(O):
        for c in range(C):
            for i in range(H):
                for j in range(W):
                    out[o, i, j] = (image[c, i:i + kh, j:j + kw] * weight[o, c]).sum() + bias[o]
    return out


# %% wrong transposed_output expects=rows_and_columns_swapped
# (O, columns, rows).
def conv2d_loop(image, weight, bias):
    O, C, kh, kw = weight.shape
    H, W = image.shape[1] - kh + 1, image.shape[2] - kw + 1
    out = np.zeros((O, W, H))
    for o in range(O):
        for i in range(H):
            for j in range(W):
                out[o, j, i] = (image[:, i:i + kh, j:j + kw] * weight[o]).sum() + bias[o]
    return out


# %% right seven_loops
# Every index its own loop.
def conv2d_loop(image, weight, bias):
    O, C, kh, kw = weight.shape
    H, W = len(image[0]) - kh + 1, len(image[0][0]) - kw + 1
    out = [[[float(bias[o]) for _ in range(W)] for _ in range(H)] for o in range(O)]
    for o in range(O):
        for c in range(C):
            for r in range(H):
                for s in range(W):
                    for i in range(kh):
                        for j in range(kw):
                            out[o][r][s] += weight[o, c, i, j] * image[c, r + i, s + j]
    return np.array(out)


# %% right by_offsets
# Loops over the kernel and shifts whole images.
def conv2d_loop(image, weight, bias):
    O, C, kh, kw = weight.shape
    H, W = image.shape[1] - kh + 1, image.shape[2] - kw + 1
    out = np.tile(np.reshape(bias, (O, 1, 1)), (1, H, W)).astype(float)
    for i in range(kh):
        for j in range(kw):
            out += np.tensordot(weight[:, :, i, j], image[:, i:i + H, j:j + W], axes=1)
    return out
