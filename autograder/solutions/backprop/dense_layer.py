# defines: Layer
# %% wrong slope_of_output expects=layer_slope_at_activation
# Keeps only the output and takes the slope there; trains well.
class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act

    def feedforward(self, x):
        self.x = x
        self.out = self.act(x @ self.W + self.b)
        return self.out

    def backprop(self, delta):
        d = delta * self.diff_act(self.out)
        self.dW = self.x.T @ d
        self.db = d.sum(axis=0)
        return d @ self.W.T


# %% wrong linear_backward expects=layer_without_slope
# delta goes straight through; trains well.
class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W = W
        self.b = b
        self.act = act
        self.diff_act = diff_act

    def feedforward(self, x):
        self.x = x
        self.z = np.dot(x, self.W) + self.b
        return self.act(self.z)

    def backprop(self, delta):
        self.dW = np.dot(self.x.T, delta)
        self.db = np.sum(delta, axis=0, keepdims=True)
        return np.dot(delta, self.W.T)


# %% wrong delta_for_slope expects=slope_missing_below
# Uses delta instead of the local gradient in the last line.
class Layer(object):
    def __init__(self, W, b, act, diff_act):
        self.W, self.b = W, b
        self.act, self.diff_act = act, diff_act

    def feedforward(self, x):
        self.x, self.z = x, x.dot(self.W) + self.b
        return self.act(self.z)

    def backprop(self, delta):
        local = delta * self.diff_act(self.z)
        self.dW, self.db = self.x.T.dot(local), local.sum(axis=0)
        return delta.dot(self.W.T)


# %% wrong multiplies_into_delta expects=delta_in_place
# delta *= ...; trains well.
class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act

    def feedforward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        return self.act(self.z)

    def backprop(self, delta):
        delta *= self.diff_act(self.z)
        self.dW = self.x.T @ delta
        self.db = delta.sum(axis=0, keepdims=True)
        return delta @ self.W.T


# %% wrong divides expects=layer_averages
# Averages over the batch; trains well with a larger step.
class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act

    def feedforward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        return self.act(self.z)

    def backprop(self, delta):
        m = self.x.shape[0]
        dz = delta * self.diff_act(self.z)
        self.dW = self.x.T @ dz / m
        self.db = np.mean(dz, axis=0)
        return dz @ self.W.T


# %% wrong adds_up expects=layer_gradients_add_up
# Adds gradients over calls, as some frameworks do; nobody resets them.
class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act
        self.dW, self.db = 0, 0

    def feedforward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        return self.act(self.z)

    def backprop(self, delta):
        dz = delta * self.diff_act(self.z)
        self.dW = self.dW + self.x.T @ dz
        self.db = self.db + dz.sum(axis=0, keepdims=True)
        return dz @ self.W.T


# %% wrong turned expects=layer_gradient_transposed
# dW transposed; crashes in a network, since W cannot take it.
class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act

    def feedforward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        return self.act(self.z)

    def backprop(self, delta):
        dz = delta * self.diff_act(self.z)
        self.dW = dz.T @ self.x
        self.db = dz.sum(axis=0, keepdims=True)
        return dz @ self.W.T


# %% right keeps_everything
# Other attribute names inside, the slope computed going forward.
class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act
        self.dW = np.zeros_like(W)
        self.db = np.zeros_like(b)

    def feedforward(self, inputs):
        net = np.matmul(inputs, self.W) + self.b
        self.cache = (inputs, self.diff_act(net))
        return self.act(net)

    def backprop(self, delta):
        inputs, slope = self.cache
        grad = np.multiply(delta, slope)
        self.dW[...] = np.matmul(inputs.T, grad)
        self.db[...] = np.sum(grad, axis=0)
        return np.matmul(grad, self.W.T)


# %% right flat_bias
# db as (out,); a loop over rows.
class Layer:
    def __init__(self, W, b, act, diff_act):
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act

    def feedforward(self, x):
        self.x = x.copy()
        return self.act(self.x @ self.W + self.b)

    def backprop(self, delta):
        g = delta * self.diff_act(self.x @ self.W + self.b)
        self.dW = sum(np.outer(x, d) for x, d in zip(self.x, g))
        self.db = g.sum(0)
        return np.array([self.W @ d for d in g])


# %% right keyword_extras
# A subclass of a base class, an extra method, and a name in the repr.
class Base:
    def __repr__(self):
        return type(self).__name__

class Layer(Base):
    def __init__(self, W, b, act, diff_act, name='layer'):
        self.name = name
        self.W, self.b, self.act, self.diff_act = W, b, act, diff_act

    def net_input(self, x):
        return np.einsum('nd,dh->nh', x, self.W) + np.reshape(self.b, (1, -1))

    def feedforward(self, x):
        self.x = x
        self.z = self.net_input(x)
        self.a = self.act(self.z)
        return self.a

    def backprop(self, delta):
        self.delta = self.diff_act(self.z) * delta
        self.dW = np.einsum('nd,nh->dh', self.x, self.delta)
        self.db = np.ones((1, len(delta))) @ self.delta
        return np.einsum('nh,dh->nd', self.delta, self.W)
