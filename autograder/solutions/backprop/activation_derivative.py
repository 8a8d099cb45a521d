# defines: diff_actFun
# %% wrong from_the_activation expects=slope_of_the_activation
# The formulas of the post-activation, applied to z.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    type = type.lower()
    if type == 'tanh':
        return 1 - z ** 2
    elif type == 'sigmoid':
        return z * (1 - z)
    elif type == 'relu':
        return (z > 0).astype(float)


# %% wrong square_forgotten expects=tanh_without_square
# 1 - tanh; trains well for a while.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    t = type.lower()
    s = 1 / (1 + np.exp(-z))
    if t == 'tanh': return 1 - np.tanh(z)
    if t == 'sigmoid': return s * (1 - s)
    return 1.0 * (z > 0)


# %% wrong relu_again expects=value_for_slope
# Returns max(0, z) as ReLU's slope; trains well.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    if type.lower() == 'tanh':
        return 1.0 - np.power(np.tanh(z), 2)
    if type.lower() == 'sigmoid':
        s = self.actFun(z, 'Sigmoid')
        return s - s ** 2
    if type.lower() == 'relu':
        return np.maximum(0, z)


# %% wrong one_at_the_kink expects=slope_at_zero
# z >= 0; trains well.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    f = self.actFun(z, type)
    return {'tanh': 1 - f**2, 'sigmoid': f * (1 - f), 'relu': np.where(z < 0, 0., 1.)}[type.lower()]


# %% wrong fills_z expects=slope_in_place
# Turns z itself into the mask; trains well, since z1 is not used again.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    if type.lower() == 'relu':
        positive = z > 0
        z[positive] = 1
        z[~positive] = 0
        return z
    if type.lower() == 'tanh':
        return 1 - np.tanh(z)**2
    return self.actFun(z, type) * (1 - self.actFun(z, type))


# %% wrong exponent_not_squared expects=sigmoid_factor_missing
# sigmoid' without the square in the denominator.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    if type.lower() == 'sigmoid':
        return np.exp(-z) / (1 + np.exp(-z))
    if type.lower() == 'tanh':
        return 1 / np.cosh(z) ** 2
    return (z > 0) * 1.0


# %% wrong type_called expects=nothing_returned
# Compares type() with strings, so every branch is missed: returns None.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    if type == 'TANH':
        return 1 - np.tanh(z) ** 2
    if type == 'SIGMOID':
        return np.tanh(z)


# %% right boolean_relu
# ReLU's slope as booleans, the sigmoid's through tanh; does not call actFun.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    kind = type.lower()
    if kind == 'relu':
        return z > 0
    half = 1 if kind == 'tanh' else 2
    return (1 - np.tanh(z / half) ** 2) / half ** 2


# %% right heaviside
# np.heaviside with 0 at 0; exponentials for the rest.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    type = type.upper()
    if type == 'RELU':
        return np.heaviside(z, 0)
    e = np.exp(-np.abs(z) * (2 if type == 'TANH' else 1))
    return (4 if type == 'TANH' else 1) * e / (1 + e) ** 2


# %% right by_dictionary
# Functions in a dictionary; integers for ReLU.
@add_to(NeuralNetwork)
def diff_actFun(self, z, type):
    def sig(v):
        return 1.0 / (1.0 + np.exp(-v))
    slopes = dict(tanh=lambda v: 1 - np.tanh(v) ** 2, sigmoid=lambda v: sig(v) * sig(-v), relu=lambda v: (v > 0).astype(int))
    return slopes[type.lower()](z)
