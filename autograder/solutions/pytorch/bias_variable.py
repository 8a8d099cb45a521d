# %% wrong zeros expects=biases_at_zero
# The usual 0.
def bias_variable(shape):
    return nn.Parameter(torch.zeros(shape))


# %% wrong plain expects=biases_without_parameter
# No Parameter.
def bias_variable(shape):
    return torch.ones(shape) * 0.1


# %% wrong drawn expects=biases_random
# Copied from the weights.
def bias_variable(shape):
    return nn.Parameter(nn.init.trunc_normal_(torch.empty(shape), std=0.1))


# %% right constant
# Through nn.init.
def bias_variable(shape):
    b = nn.Parameter(torch.empty(*shape))
    nn.init.constant_(b, 0.1)
    return b


# %% right from_a_list
# NumPy's full.
def bias_variable(shape):
    return nn.Parameter(torch.tensor(np.full(shape, 0.1), dtype=torch.float32))
