# defines: relu, relu_grad
# %% wrong leaky expects=leaky
# The leaky ReLU, which lets a hundredth of the negative side through.
@add_to(NeuralNetwork)
def relu(self, X):
    return np.where(X > 0, X, 0.01 * X)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return np.where(X > 0, 1, 0.01)


# %% wrong in_place expects=in_place
# Zeroes the negative numbers in the array that it was given.
@add_to(NeuralNetwork)
def relu(self, X):
    X[X < 0] = 0
    return X

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return (X > 0).astype(np.float32)


# %% wrong slope_in_place expects=slope_in_place
# relu_grad writes zeros and ones into the stored net input.
@add_to(NeuralNetwork)
def relu(self, X):
    return np.maximum(0, X)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    X[X <= 0] = 0
    X[X > 0] = 1
    return X


# %% wrong value_as_slope expects=slope_is_relu
# relu_grad returns the value, not the slope.
@add_to(NeuralNetwork)
def relu(self, X):
    return np.maximum(X, 0)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return X * (X > 0)


# %% wrong sign_as_slope expects=slope_is_the_sign
# np.sign is -1 on the negative side.
@add_to(NeuralNetwork)
def relu(self, X):
    return X * (X > 0)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return np.sign(X)


# %% wrong absolute expects=absolute_value
# Folds the negative side up.
@add_to(NeuralNetwork)
def relu(self, X):
    return np.abs(X)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return np.where(X > 0, 1.0, 0.0)


# %% wrong one_slope_everywhere expects=slope_one_everywhere
# The slope is one everywhere: the negative side passes its gradient on.
@add_to(NeuralNetwork)
def relu(self, X):
    return np.maximum(0, X)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return np.ones_like(X)


# %% wrong slope_one_at_zero expects=slope_one_at_zero
# >= instead of >: the gradient passes at 0.
@add_to(NeuralNetwork)
def relu(self, X):
    return np.maximum(0, X)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return (X >= 0).astype(X.dtype)


# %% wrong np_max expects=max_for_maximum
# np.max instead of np.maximum: crashes, since its second argument is an axis.
@add_to(NeuralNetwork)
def relu(self, X):
    return np.max(0, X)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return (X > 0) * 1.0


# %% wrong if_on_array expects=if_on_an_array
# An if cannot choose for a whole array.
@add_to(NeuralNetwork)
def relu(self, X):
    if X > 0:
        return X
    else:
        return 0

@add_to(NeuralNetwork)
def relu_grad(self, X):
    if X > 0:
        return 1
    else:
        return 0


# %% wrong negative_mask expects=slope_inverted
# The mask is the wrong way round.
@add_to(NeuralNetwork)
def relu(self, X):
    return np.maximum(X, 0.)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return np.where(X > 0, 0.0, 1.0)


# %% right boolean_slope
# A boolean mask as slope: True is 1.
@add_to(NeuralNetwork)
def relu(self, X):
    return X.clip(min=0)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return X > 0


# %% right half_of_sum
# (x + |x|) / 2, and np.heaviside with 0 at 0.
def relu(X):
    return (X + np.abs(X)) / 2


def relu_grad(X):
    return np.heaviside(X, 0)


# %% right copy_and_mask
# Masks a copy; the slope is filled in.
@add_to(NeuralNetwork)
def relu(self, X):
    out = np.array(X, copy=True)
    out[out < 0] = 0
    return out

@add_to(NeuralNetwork)
def relu_grad(self, X):
    grad = np.zeros(X.shape, dtype=int)
    grad[X > 0] = 1
    return grad


# %% right vectorize
# Python functions for one number, through np.vectorize.
_relu = np.vectorize(lambda v: v if v > 0 else 0.0, otypes=[float])
_step = np.vectorize(lambda v: 1.0 if v > 0 else 0.0, otypes=[float])

@add_to(NeuralNetwork)
def relu(self, X):
    return _relu(X)

@add_to(NeuralNetwork)
def relu_grad(self, X):
    return _step(X)
