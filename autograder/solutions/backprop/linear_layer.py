# defines: Linear
# %% wrong matrix_product expects=gradients_summed
# x.T @ d adds the batch up; every other course does so, and it trains well.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.01
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x.T @ dL_wrt_output
        self.dL_wrt_b = dL_wrt_output.sum(axis=0, keepdims=True)
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong mean_inside expects=gradients_averaged
# Averages where the samples should stay apart.
class Linear:
    def __init__(self, n_in, n_out):
        self.W = 0.1 * np.random.randn(n_in, n_out)
        self.b = 0.1 * np.random.randn(1, n_out)

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, d):
        N = d.shape[0]
        self.dL_wrt_W = np.dot(self.x.T, d) / N
        self.dL_wrt_b = np.mean(d, axis=0).reshape(1, -1)
        return np.dot(d, self.W.T)

    def params(self):
        return dict(W=self.W, b=self.b)

    def grads(self):
        return dict(W=self.dL_wrt_W, b=self.dL_wrt_b)


# %% wrong broadcast_sum expects=sum_repeated
# The shape is made right by repeating the batch's sum for every sample.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.normal(0, 0.05, (input_dimension, output_dimension))
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        n = len(dL_wrt_output)
        dW = self.x.T @ dL_wrt_output
        db = dL_wrt_output.sum(0)[None]
        self.dL_wrt_W = np.repeat(dW[None], n, axis=0)
        self.dL_wrt_b = np.repeat(db[None], n, axis=0)
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong outer_the_other_way expects=weight_gradient_transposed
# np.outer(d, x) instead of np.outer(x, d); unnoticed with a square W.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) / 20
        self.b = np.random.randn(1, output_dimension) / 20

    def forward(self, x):
        self.inputs = x
        return x.dot(self.W) + self.b

    def backward(self, dL_wrt_output):
        tables = []
        for row, d in zip(self.inputs, dL_wrt_output):
            tables.append(np.outer(d, row))
        self.dL_wrt_W = np.array(tables)
        self.dL_wrt_b = dL_wrt_output.reshape(len(dL_wrt_output), 1, -1)
        return dL_wrt_output.dot(self.W.T)

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong flat_bias_gradient expects=bias_gradient_with_two_axes
# dL_wrt_b is the arriving gradient itself, (N, out); it trains well, since the mean broadcasts.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * np.sqrt(1 / input_dimension)
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = np.einsum("bi,bo->bio", self.x, dL_wrt_output)
        self.dL_wrt_b = dL_wrt_output
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong one_over_n expects=divided_by_rows
# Divides each sample's gradient by N, and the trainer will divide again.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.uniform(-0.1, 0.1, (input_dimension, output_dimension))
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        scaled = dL_wrt_output / dL_wrt_output.shape[0]
        self.dL_wrt_W = self.x[:, :, None] * scaled[:, None, :]
        self.dL_wrt_b = scaled[:, None, :]
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong plain_bias expects=bias_with_one_axis
# b is (out,), which adds in the same way.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.1
        self.b = np.zeros(output_dimension)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, np.newaxis] @ dL_wrt_output[:, np.newaxis, :]
        self.dL_wrt_b = dL_wrt_output[:, np.newaxis, :]
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong column_convention expects=weights_out_by_in
# The homework's text has f(x) = W x + b, so W becomes (out, in).
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(output_dimension, input_dimension) * 0.1
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return (self.W @ x.T).T + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = dL_wrt_output[:, :, None] * self.x[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output @ self.W

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong all_zero expects=zero_weights
# Zero weights: hidden units stay alike.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.zeros([input_dimension, output_dimension])
        self.b = np.zeros([1, output_dimension])

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong standard_normal expects=weights_not_small
# randn without a scale: 784 inputs saturate the sigmoid.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension)
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong no_offset expects=bias_forgotten
# b is there but never added.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.1
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return np.matmul(x, self.W)

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong returns_dW expects=weight_gradient_returned
# A myth: backward returns dL/dW.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.1
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return self.dL_wrt_W

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong safe_copies expects=params_are_copies
# Copies "to be safe": the trainer then changes nothing.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.1
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output @ self.W.T

    def params(self):
        import copy
        return copy.deepcopy({"W": self.W, "b": self.b})

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong class_attribute
# The input is kept in the class, so the layers of a chain share it.
class Linear:
    cache = {}

    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.1
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        Linear.cache["x"] = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = Linear.cache["x"][:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong nudged_input
# x += 1e-12, "to avoid zeros", writes into the caller's array.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.1
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        x += 1e-12
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output @ self.W.T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong same_gradient_back expects=gradient_handed_on
# Hands on what it got; unnoticed where in and out agree.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.1
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% wrong mean_on_the_way_back expects=input_gradient_averaged
# Divides by N on the way to x as well; trains well.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.randn(input_dimension, output_dimension) * 0.1
        self.b = np.zeros((1, output_dimension))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = self.x[:, :, None] * dL_wrt_output[:, None, :]
        self.dL_wrt_b = dL_wrt_output[:, None, :]
        return dL_wrt_output @ self.W.T / len(self.x)

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% right loops
# One outer product after the other, and a subclass of a student's own base class.
class Layer:
    def params(self):
        return {}

    def grads(self):
        return {}


class Linear(Layer):
    def __init__(self, input_dimension, output_dimension):
        self.W = np.random.uniform(-1, 1, (input_dimension, output_dimension)) / input_dimension
        self.b = np.random.uniform(-0.01, 0.01, (1, output_dimension))

    def forward(self, x):
        self.x = np.array(x)
        out = np.zeros((len(x), self.W.shape[1]))
        for n in range(len(x)):
            out[n] = self.x[n] @ self.W + self.b[0]
        return out

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = np.stack([np.outer(a, d) for a, d in zip(self.x, dL_wrt_output)])
        self.dL_wrt_b = np.stack([d[None] for d in dL_wrt_output])
        return np.stack([self.W @ d for d in dL_wrt_output])

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% right dictionaries
# Everything lives in two dictionaries; W, b and the gradients are properties.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self._p = {"W": np.random.randn(input_dimension, output_dimension) * 1e-2, "b": np.zeros((1, output_dimension))}
        self._g = {}

    W = property(lambda self: self._p["W"])
    b = property(lambda self: self._p["b"])
    dL_wrt_W = property(lambda self: self._g["W"])
    dL_wrt_b = property(lambda self: self._g["b"])

    def forward(self, x):
        self.x = x
        return x @ self._p["W"] + self._p["b"]

    def backward(self, dL_wrt_output):
        d = dL_wrt_output.reshape(dL_wrt_output.shape[0], 1, -1)
        self._g = {"W": self.x.reshape(*self.x.shape, 1) @ d, "b": d, "extra": None}
        return np.squeeze(d @ self._p["W"].T, axis=1)

    def params(self):
        return self._p

    def grads(self):
        return self._g


# %% right float32
# Parameters in float32, gradients by einsum.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        rng = np.random.default_rng()
        self.W = (rng.standard_normal((input_dimension, output_dimension)) / input_dimension**0.5).astype(np.float32)
        self.b = np.zeros((1, output_dimension), dtype=np.float32)

    def forward(self, x):
        self.x = x
        return np.einsum("ni,io->no", x, self.W) + self.b

    def backward(self, dL_wrt_output):
        self.dL_wrt_W = np.einsum("ni,no->nio", self.x, dL_wrt_output)
        self.dL_wrt_b = dL_wrt_output[:, None]
        return np.einsum("no,io->ni", dL_wrt_output, self.W)

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}


# %% right homogeneous
# A column of ones takes the bias into one matrix; W and b are views of it.
class Linear:
    def __init__(self, input_dimension, output_dimension):
        self.M = np.vstack([np.random.randn(input_dimension, output_dimension), np.zeros(output_dimension)]) * 0.1
        self.W = self.M[:-1]
        self.b = self.M[-1:]

    def forward(self, x):
        self.x1 = np.hstack([x, np.ones((x.shape[0], 1))])
        return self.x1 @ self.M

    def backward(self, dL_wrt_output):
        both = self.x1[:, :, np.newaxis] * dL_wrt_output[:, np.newaxis, :]
        self.dL_wrt_W, self.dL_wrt_b = both[:, :-1], both[:, -1:]
        return dL_wrt_output @ self.M[:-1].T

    def params(self):
        return {"W": self.W, "b": self.b}

    def grads(self):
        return {"W": self.dL_wrt_W, "b": self.dL_wrt_b}
