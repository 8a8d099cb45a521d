# defines: SE
# %% wrong mse expects=errors_averaged
# The mean squared error, as a loss usually is.
class SE:
    def forward(self, x, y):
        self.x, self.y = x, y
        return np.mean((x - y) ** 2)

    def backward(self):
        return 2 * (self.x - self.y)


# %% wrong total expects=errors_summed
# One number for the batch.
class SE:
    def forward(self, x, y):
        self.x, self.y = x, y
        return np.sum((x - y) ** 2)

    def backward(self):
        return 2 * (self.x - self.y)


# %% wrong two_dropped expects=factor_two_missing
# x - y points the same way and trains well.
class SE:
    def forward(self, x, y):
        self.e = x - y
        return self.e ** 2

    def backward(self):
        return self.e.copy()


# %% wrong target_minus_score expects=slope_reversed
# (y - x)**2 has the same value; its slope in x keeps a minus.
class SE:
    def forward(self, x, y):
        self.e = y - x
        return self.e ** 2

    def backward(self):
        return 2 * self.e


# %% wrong over_n expects=slope_averaged
# Averages the slope; the trainer averages again.
class SE:
    def forward(self, x, y):
        self.x, self.y = x, y
        return np.power(x - y, 2)

    def backward(self):
        return 2 * (self.x - self.y) / self.x.shape[0]


# %% wrong one_half expects=halved
# The half that makes the two vanish.
class SE:
    def forward(self, x, y):
        self.d = x - y
        return 0.5 * self.d * self.d

    def backward(self):
        return self.d


# %% wrong same_again expects=error_for_slope
# Returns the squared error as its own slope.
class SE:
    def forward(self, x, y):
        self.loss = (x - y) ** 2
        return self.loss

    def backward(self):
        return self.loss


# %% wrong rows_reduced
# Sums over the outputs of each row: right for one column only.
class SE:
    def forward(self, x, y):
        self.x, self.y = x, y
        return ((x - y) ** 2).sum(axis=1, keepdims=True)

    def backward(self):
        return 2 * (self.x - self.y)


# %% wrong absolute
# |x - y| and its sign.
class SE:
    def forward(self, x, y):
        self.d = x - y
        return np.abs(self.d)

    def backward(self):
        return np.sign(self.d)


# %% right multiplied_out
# x^2 - 2xy + y^2.
class SE:
    def forward(self, x, y):
        self.x, self.y = np.array(x, dtype=float), np.array(y, dtype=float)
        return self.x**2 - 2 * self.x * self.y + self.y**2

    def backward(self):
        return 2 * self.x - 2 * self.y


# %% right slope_kept
# Computes the slope in forward already.
class SE:
    def __init__(self):
        self.slope = None

    def forward(self, x, y):
        self.slope = 2.0 * np.subtract(x, y)
        return np.square(self.slope) / 4

    def backward(self):
        return self.slope


# %% right loops
# Entry by entry.
class SE:
    def forward(self, x, y):
        self.d = np.empty(np.shape(x))
        for place in np.ndindex(self.d.shape):
            self.d[place] = x[place] - y[place]
        return self.d * self.d

    def backward(self):
        return self.d + self.d
