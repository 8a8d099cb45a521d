# defines: sigmoid, sigmoid_grad
# %% wrong given_the_activation expects=slope_of_the_activation
# x (1 - x) is right for the activation; sigmoid_grad gets the input. Trains well.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    return X * (1 - X)


# %% wrong bent_twice expects=sigmoid_twice
# The slope of the sigmoid, taken at the activation: between 0.197 and 0.25 everywhere. Trains well.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    s = self.sigmoid(self.sigmoid(X))
    return s * (1 - s)


# %% wrong falls expects=minus_forgotten
# The minus sign is missing in the exponent.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 1 / (1 + np.exp(np.clip(x, -60, 60)))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    s = self.sigmoid(X)
    return s * (1 - s)


# %% wrong quotient expects=overflows
# e^x / (1 + e^x) is nan for large x.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return np.exp(x) / (1 + np.exp(x))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    s = self.sigmoid(X)
    return s * (1 - s)


# %% wrong slope_without_factor expects=factor_one_minus_p_missing
# The derivative's second factor is missing.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    return self.sigmoid(X)


# %% wrong slope_of_tanh expects=slope_of_tanh
# 1 - s^2 is the slope of tanh.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    return 1 - self.sigmoid(X) ** 2


# %% wrong tanh expects=tanh
# tanh instead of the sigmoid.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return np.tanh(x)

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    return 1 - np.tanh(X) ** 2


# %% wrong clipped_at_five expects=tails_cut_off
# Cuts the tails off: sigmoid(9) is sigmoid(5).
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 1 / (1 + np.exp(-np.clip(x, -5, 5)))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    s = self.sigmoid(X)
    return s * (1 - s)


# %% wrong slope_quotient_unsquared expects=factor_p_missing
# e^-x / (1 + e^-x): the square of the denominator is missing.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -60, 60)))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    e = np.exp(-np.clip(X, -60, 60))
    return e / (1 + e)


# %% wrong slope_negative expects=slope_negative
# s (s - 1): the sign is wrong.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -60, 60)))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    s = self.sigmoid(X)
    return s * (s - 1)


# %% right with_tanh
# Through tanh, which never overflows.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    return 0.5 * (np.tanh(0.5 * x) + 1)

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    t = np.tanh(X / 2)
    return (1 - t * t) / 4


# %% right clipped_far_out
# Clips where it makes no difference.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    x = np.clip(x, -80, 80)
    return 1.0 / (1.0 + np.exp(-x))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    out = self.sigmoid(X)
    return np.multiply(out, 1.0 - out)


# %% right two_branches
# One form for each sign.
@add_to(NeuralNetwork)
def sigmoid(self, x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    e = np.exp(-np.abs(X))
    return e / (1 + e) ** 2


# %% right naive_functions
# Plain functions and the plain formula: exp overflows to infinity and the value is right all the same.
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_grad(X):
    return sigmoid(X) * (1 - sigmoid(X))


# %% right from_scipy
# scipy's expit, and the product with its mirror image.
from scipy.special import expit

@add_to(NeuralNetwork)
def sigmoid(self, x):
    return expit(x)

@add_to(NeuralNetwork)
def sigmoid_grad(self, X):
    return expit(X) * expit(-X)
