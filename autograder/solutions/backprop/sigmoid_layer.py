# defines: Sigmoid
# %% wrong falling expects=sigmoid_minus_missing
# 1 / (1 + exp(x)).
class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(x))
        return self.y

    def backward(self, dL_wrt_output):
        return dL_wrt_output * self.y * (1 - self.y)


# %% wrong upper_form expects=sigmoid_inf_over_inf
# nan for large x.
class Sigmoid:
    def forward(self, x):
        e = np.exp(x)
        self.y = e / (e + 1)
        return self.y

    def backward(self, dL_wrt_output):
        return self.y * (1 - self.y) * dL_wrt_output


# %% wrong slope_at_x expects=slope_of_the_input
# Stores x, and takes x (1 - x).
class Sigmoid:
    def forward(self, x):
        self.x = x
        return 1 / (1 + np.exp(-x))

    def backward(self, dL_wrt_output):
        return dL_wrt_output * (self.x * (1 - self.x))


# %% wrong sigmoid_of_sigmoid expects=sigmoid_applied_twice
# Stores the output, and calls the sigmoid on it again.
class Sigmoid:
    def f(self, x):
        return 1 / (1 + np.exp(-x))

    def forward(self, x):
        self.x = self.f(x)
        return self.x

    def backward(self, dL_wrt_output):
        s = self.f(self.x)
        return dL_wrt_output * s * (1 - s)


# %% wrong local_slope expects=sigmoid_slope_alone
# The arriving gradient is ignored.
class Sigmoid:
    def forward(self, x):
        self.s = 1 / (1 + np.exp(-x))
        return self.s

    def backward(self, dL_wrt_output):
        return (1 - self.s) * self.s


# %% wrong slope_of_d expects=slope_of_the_gradient
# d (1 - d), as if the argument were the output.
class Sigmoid:
    def forward(self, x):
        return 1 / (1 + np.exp(-x))

    def backward(self, d):
        return d * (1 - d)


# %% wrong d_times_equals expects=sigmoid_gradient_changed
# d *= changes the loss layer's array.
class Sigmoid:
    def forward(self, x):
        self.s = 1 / (1 + np.exp(-x))
        return self.s

    def backward(self, dL_wrt_output):
        dL_wrt_output *= self.s * (1 - self.s)
        return dL_wrt_output


# %% wrong out_is_x expects=sigmoid_layer_in_place
# np.exp(-x, out=x) saves memory at the caller's expense.
class Sigmoid:
    def forward(self, x):
        np.exp(-x, out=x)
        x += 1
        np.divide(1, x, out=x)
        self.s = x
        return x

    def backward(self, dL_wrt_output):
        return dL_wrt_output * self.s * (1 - self.s)


# %% wrong tanh_slope
# s (1 - s) mixed up with tanh's 1 - s**2.
class Sigmoid:
    def forward(self, x):
        self.s = 1 / (1 + np.exp(-x))
        return self.s

    def backward(self, dL_wrt_output):
        return dL_wrt_output * (1 - self.s**2)


# %% right by_tanh
# sigma(x) = (1 + tanh(x/2)) / 2.
class Sigmoid:
    def forward(self, x):
        self.t = np.tanh(x / 2)
        return (1 + self.t) / 2

    def backward(self, dL_wrt_output):
        return dL_wrt_output * (1 - self.t**2) / 4


# %% right naive_with_warning
# Overflows to infinity with a warning, and 1 / inf is 0.
class Sigmoid:
    def forward(self, x):
        self.x = x
        return 1 / (1 + np.exp(-x))

    def backward(self, dL_wrt_output):
        s = self.forward(self.x)
        return dL_wrt_output * s * (1 - s)


# %% right clipped
# Clips before exp.
class Sigmoid:
    def forward(self, x):
        z = np.clip(x, -500, 500)
        self.out = 1.0 / (1.0 + np.exp(-z))
        return self.out

    def backward(self, dL_wrt_output):
        ds = np.multiply(self.out, np.subtract(1, self.out))
        return np.multiply(dL_wrt_output, ds)


# %% right scipy_expit
# SciPy has it.
from scipy.special import expit


class Sigmoid:
    def forward(self, x):
        self.up, self.down = expit(x), expit(-x)
        return self.up.copy()

    def backward(self, dL_wrt_output):
        return dL_wrt_output * self.up * self.down
