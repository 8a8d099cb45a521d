# defines: mse, mse_grad, mse_sigmoid_grad
# %% wrong summed expects=loss_is_a_sum
# The sum of the squares, and its gradient: nothing is averaged.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.sum((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y)

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return 2 * (p - y) * p * (1 - p)


# %% wrong mean_over_rows expects=loss_summed_over_channels
# Sums the channels and averages the rows, consistently: three times too large for RGB.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.sum((y - p) ** 2) / y.shape[0]

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y) / y.shape[0]

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return self.mse_grad(y, p) * p * (1 - p)


# %% wrong gradient_over_rows expects=divided_by_rows
# The loss is a mean over all entries, its gradient is divided by the rows only.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    N = len(y)
    return 2 / N * (p - y)

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    N = len(y)
    return 2 / N * (p - y) * p * (1 - p)


# %% wrong gradient_not_averaged expects=not_divided
# The mean is forgotten in the gradients.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return ((y - p) ** 2).mean()

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y)

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return 2 * (p - y) * p * (1 - p)


# %% wrong two_forgotten expects=two_forgotten
# A loss without 1/2, with the gradients of the loss with 1/2.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean(np.square(y - p))

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return (p - y) / y.size * p * (1 - p)


# %% wrong half_in_the_loss_alone expects=half_in_the_loss_only
# A loss with 1/2, with the gradients of the loss without.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return 0.5 * np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return 2 * (p - y) / y.size * p * (1 - p)


# %% wrong fused_without_two expects=factor_differs_with_the_sigmoid
# mse_grad has its 2; the fused gradient lost it.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return (p - y) * p * (1 - p) / y.size


# %% wrong gradient_for_y expects=derivative_for_y
# y - p is the way up for p.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (y - p) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return 2 * (y - p) * p * (1 - p) / y.size


# %% wrong slope_missing expects=slope_left_out
# As with cross entropy, "p - y" is taken for the gradient at the sigmoid's input.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return 2 * (p - y) / y.size


# %% wrong sigmoid_grad_of_p expects=slope_at_the_output
# sigmoid_grad wants the input, p is the output. Trains well.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return self.mse_grad(y, p) * self.sigmoid_grad(p)


# %% wrong sigmoid_applied_again expects=sigmoid_of_the_output
# Takes p for the sigmoid's input and applies the sigmoid itself.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    s = 1 / (1 + np.exp(-p))
    return 2 * (s - y) / y.size * s * (1 - s)


# %% wrong row_by_row expects=loss_for_each_channel
# A loss for each row instead of one number.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2, axis=1)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return 2 * (p - y) / y.size * p * (1 - p)


# %% wrong rooted expects=loss_with_a_root
# The root of the mean squared error.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.sqrt(np.mean((y - p) ** 2))

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return 2 * (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return 2 * (p - y) / y.size * p * (1 - p)


# %% wrong averaged_gradient expects=gradient_averaged
# Takes np.mean of the gradient: one number for all entries.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return np.mean(2 * (p - y))

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return self.mse_grad(y, p) * p * (1 - p)


# %% right half_everywhere
# The other convention, 1/2 in the loss and in both gradients.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return 0.5 * np.mean((y - p) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return (p - y) * p * (1 - p) / y.size


# %% right functions_with_half
# The other convention in plain functions.
def mse(y, p):
    return np.sum(np.square(p - y)) / (2 * y.size)


def mse_grad(y, p):
    n, c = y.shape
    return (p - y) / (n * c)


def mse_sigmoid_grad(y, p):
    return mse_grad(y, p) * (p - p ** 2)


# %% right norms
# The loss as a dot product; counts from the shape.
@add_to(NeuralNetwork)
def mse(self, y, p):
    d = (y - p).ravel()
    return float(d @ d) / d.size

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return (2.0 / np.prod(np.shape(y))) * np.subtract(p, y)

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    grad = self.mse_grad(y, p)
    grad *= p
    grad *= 1 - p
    return grad


# %% right logit_first
# Recovers the sigmoid's input and asks sigmoid_grad, as the chain rule says.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.average((p - y) ** 2)

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return -2 * (y - p) / (y.shape[0] * y.shape[1])

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    x = np.log(p) - np.log(1 - p)
    return self.mse_grad(y, p) * self.sigmoid_grad(x)
