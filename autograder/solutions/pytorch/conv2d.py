# %% wrong valid expects=no_padding
# Default padding.
def conv2d(x, W):
    return F.conv2d(x, W, stride=1)


# %% wrong one_row expects=padding_for_three
# padding=1 from an example with 3 x 3.
def conv2d(x, W):
    return F.conv2d(x, W, padding=1)


# %% wrong flipped expects=turned_kernel
# The textbook's convolution.
def conv2d(x, W):
    return F.conv2d(x, torch.flip(W, dims=(2, 3)), stride=1, padding='same')


# %% wrong with_module expects=convolution_detached
# A module with copied weights: gradients stop at its own copy.
def conv2d(x, W):
    layer = nn.Conv2d(W.shape[1], W.shape[0], 5, padding=2, bias=False)
    layer.weight.data = W.data
    with torch.no_grad():
        return layer(x)


# %% wrong mirrored expects=border_continued
# Reflecting border.
def conv2d(x, W):
    padded = F.pad(x, (2, 2, 2, 2), mode='reflect')
    return F.conv2d(padded, W)


# %% right same
# padding by name.
def conv2d(x, W):
    return torch.conv2d(x, W, stride=(1, 1), padding='same')


# %% right unfolded
# im2col and a matrix product.
def conv2d(x, W):
    n, c, h, w = x.shape
    columns = F.unfold(x, kernel_size=5, padding=2)
    return (W.reshape(len(W), -1) @ columns).reshape(n, len(W), h, w)


# %% right shifted_sums
# 25 shifted pictures, one for each weight of the window.
def conv2d(x, W):
    h, w = x.shape[-2:]
    padded = F.pad(x, (2, 2, 2, 2))
    total = 0
    for u in range(5):
        for v in range(5):
            total = total + torch.einsum('nchw,oc->nohw', padded[:, :, u:u + h, v:v + w], W[:, :, u, v])
    return total
