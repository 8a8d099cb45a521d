# %% wrong plain_tensor expects=weights_without_parameter
# As in NumPy: nothing registers it.
def weight_variable(shape):
    return 0.1 * torch.randn(shape)


# %% wrong requires_grad_only expects=weights_without_parameter
# A leaf with a gradient, but no Parameter: the module does not find it.
def weight_variable(shape):
    W = torch.randn(*shape) * 0.1
    W.requires_grad_()
    return W


# %% wrong scale_forgotten expects=weights_too_large
# randn as it is.
def weight_variable(shape):
    return nn.Parameter(torch.randn(shape))


# %% wrong squared expects=weights_too_small
# 0.1 taken for the variance's root twice.
def weight_variable(shape):
    return nn.Parameter(torch.normal(0.0, 0.1 ** 2, size=shape))


# %% wrong rand expects=weights_all_positive
# rand for randn.
def weight_variable(shape):
    return nn.Parameter(0.2 * torch.rand(shape))


# %% wrong constant expects=weights_all_equal
# The bias's recipe.
def weight_variable(shape):
    return nn.Parameter(torch.ones(shape) * 0.1)


# %% wrong zeros expects=weights_all_equal
# Zeros.
def weight_variable(shape):
    return nn.Parameter(torch.zeros(*shape))


# %% right numpy_draws
# Drawn with NumPy and converted.
def weight_variable(shape):
    values = np.random.normal(0, 0.1, size=shape).astype(np.float32)
    return nn.Parameter(torch.from_numpy(values))


# %% right filled_in_place
# Normal without truncation, in place on the parameter.
def weight_variable(shape):
    W = nn.Parameter(torch.empty(shape))
    with torch.no_grad():
        W.normal_(mean=0.0, std=0.1)
    return W


# %% right truncated_at_two
# TensorFlow's truncated normal by redrawing.
def weight_variable(shape):
    W = torch.randn(shape)
    while (W.abs() > 2).any():
        far = W.abs() > 2
        W[far] = torch.randn(int(far.sum()))
    return nn.Parameter(W * 0.1)
