# defines: ReLU
# %% wrong zeros_written expects=relu_in_place
# x[x < 0] = 0 changes the data set when the layer is the first; gradient checks pass.
class ReLU:
    def forward(self, x):
        self.mask = x > 0
        x[x <= 0] = 0
        return x

    def backward(self, dL_wrt_output):
        return dL_wrt_output * self.mask


# %% wrong not_below_zero expects=gradient_at_zero
# x >= 0 lets the gradient pass at 0; trains well.
class ReLU:
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, dL_wrt_output):
        return np.where(self.x < 0, 0, dL_wrt_output)


# %% wrong gradient_zeroed expects=gradient_changed
# d[x <= 0] = 0 changes the next layer's array.
class ReLU:
    def forward(self, x):
        self.x = x
        return (x + np.abs(x)) / 2

    def backward(self, dL_wrt_output):
        grad = dL_wrt_output
        grad[self.x <= 0] = 0
        return grad


# %% wrong ones_and_zeros expects=relu_slope_alone
# The chain rule's other factor is missing.
class ReLU:
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, dL_wrt_output):
        return np.where(self.x > 0, 1.0, 0.0)


# %% wrong clipped_gradient expects=relu_of_the_gradient
# Takes the sign of the gradient instead of that of x.
class ReLU:
    def forward(self, x):
        return x * (x > 0)

    def backward(self, dL_wrt_output):
        return np.where(dL_wrt_output > 0, dL_wrt_output, 0)


# %% wrong straight_through expects=relu_gradient_unmasked
# backward returns what it gets.
class ReLU:
    def forward(self, x):
        return np.clip(x, 0, None)

    def backward(self, dL_wrt_output):
        return 1 * dL_wrt_output


# %% wrong times_output expects=output_for_slope
# Multiplies by max(0, x) instead of by 1 or 0; unnoticed on inputs of zeros and ones.
class ReLU:
    def forward(self, x):
        self.out = np.maximum(0, x)
        return self.out

    def backward(self, dL_wrt_output):
        return self.out * dL_wrt_output


# %% wrong rows_only
# Loops over two axes, and crashes for one: images have four.
class ReLU:
    def forward(self, x):
        self.x = x
        out = np.zeros(x.shape)
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                out[i, j] = max(0.0, x[i, j])
        return out

    def backward(self, dL_wrt_output):
        out = np.zeros(self.x.shape)
        for i in range(self.x.shape[0]):
            for j in range(self.x.shape[1]):
                out[i, j] = dL_wrt_output[i, j] if self.x[i, j] > 0 else 0.0
        return out


# %% wrong first_mask_kept
# The mask of the first batch is used for ever.
class ReLU:
    mask = None

    def forward(self, x):
        if self.mask is None:
            self.mask = x > 0
        return np.maximum(x, 0)

    def backward(self, dL_wrt_output):
        return dL_wrt_output * self.mask if self.mask.shape == dL_wrt_output.shape else dL_wrt_output


# %% right by_the_output
# The output is positive exactly where x is.
class ReLU:
    def __init__(self):
        self.out = None

    def forward(self, x):
        self.out = np.maximum(x, 0)
        return self.out

    def backward(self, dL_wrt_output):
        return dL_wrt_output * np.sign(self.out)

    def params(self):
        return {}

    def grads(self):
        return {}


# %% right copy_then_zero
# Copies, then writes zeros into the copy.
class ReLU:
    def forward(self, x):
        self.off = x <= 0
        y = x.copy()
        y[self.off] = 0
        return y

    def backward(self, dL_wrt_output):
        grad = dL_wrt_output.copy()
        grad[self.off] = 0
        return grad


# %% right flat_loop
# A list comprehension over the flattened array.
class ReLU:
    def forward(self, x):
        self.x = np.array(x)
        return np.array([v if v > 0 else 0 for v in self.x.ravel()]).reshape(self.x.shape)

    def backward(self, dL_wrt_output):
        pairs = zip(self.x.ravel(), dL_wrt_output.ravel())
        return np.array([d if v > 0 else 0.0 for v, d in pairs]).reshape(self.x.shape)


# %% right heaviside
# NumPy's step function with the value 0 at 0.
class ReLU:
    def forward(self, x):
        self.step = np.heaviside(x, 0)
        return x * self.step

    def backward(self, dL_wrt_output):
        return np.multiply(self.step, dL_wrt_output)
