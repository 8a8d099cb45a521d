# defines: DeepNeuralNetwork
# %% wrong bend_everywhere expects=bend_on_the_logits
# No exception for the last layer; trains well.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong first_and_last expects=two_layers_penalised
# The penalty of the three-layer network: first and last weights only; trains well.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in (self.layers[0], self.layers[-1]):
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong plain_loss expects=deep_loss_unpenalised
# Cross entropy without penalty; trains well.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong no_decay expects=deep_weights_not_shrunk
# No weight decay in fit_model; trains well.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * layer.dW
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong averaged expects=deep_gradients_averaged
# Divides the top delta by N; trains well with a larger step.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        delta = delta / len(X)
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong decays_biases expects=deep_biases_shrunk
# Biases decay like weights; trains well.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * (layer.db + self.reg_lambda * layer.b)
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong first_layer_skipped expects=first_layer_without_gradient
# The loop ends before layer 0, which never gets gradients: crashes in fit_model.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[:0:-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong moves_on_the_way expects=weights_moved_in_backprop
# Steps each layer's weights before the gradient of the layer below is known; trains well.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            below = layer.backprop(delta)
            layer.W = layer.W - 0.01 * layer.dW
            delta = below

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong only_two_layers
# Ignores all sizes but the first two and the last.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        layer_sizes = [layer_sizes[0], layer_sizes[1], layer_sizes[-1]] if len(layer_sizes) > 2 else layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong last_pass_only expects=deep_forward_only_once
# Fits with the gradients of the first pass; forward stands before the loop.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        self.feedforward(X)
        self.backprop(X, y)
        for i in range(num_passes):
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% wrong zero_weights expects=weights_start_at_zero
# All weights start at zero, so nothing in the middle ever moves.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.zeros((layer_sizes[i], layer_sizes[i + 1]))
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% right starter_style
# Indices, np.random.seed, new arrays; every method prints or returns something of its own.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.layer_sizes = layer_sizes
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.layers = []
        for i in range(len(layer_sizes) - 1):
            W = np.random.randn(layer_sizes[i], layer_sizes[i + 1]) / np.sqrt(layer_sizes[i])
            b = np.zeros((1, layer_sizes[i + 1]))
            act = lambda z: self.actFun(z, self.actFun_type)
            diff = lambda z: self.diff_actFun(z, self.actFun_type)
            if i == len(layer_sizes) - 2:
                act, diff = (lambda z: z), (lambda z: 1.0)
            self.layers.append(Layer(W, b, act, diff))

    def feedforward(self, X, actFun=None):
        a = X
        for layer in self.layers:
            a = layer.feedforward(a)
        e = np.exp(a - np.max(a, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X)
        loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        for layer in self.layers:
            loss += self.reg_lambda / 2 * np.sum(layer.W ** 2)
        return loss / len(X)

    def backprop(self, X, y):
        delta = self.probs.copy()
        delta[range(len(X)), y] -= 1
        for layer in self.layers[::-1]:
            delta = layer.backprop(delta)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(num_passes):
            self.feedforward(X)
            self.backprop(X, y)
            for layer in self.layers:
                layer.W = layer.W - epsilon * (layer.dW + self.reg_lambda * layer.W)
                layer.b = layer.b - epsilon * layer.db
            if print_loss and i % 1000 == 0:
                print(i, self.calculate_loss(X, y))


# %% right recursion
# A recursive way down, super().__init__ for the settings, softmax through log-sum-exp.
class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        super().__init__(layer_sizes[0], 1, layer_sizes[-1], actFun_type, reg_lambda, seed)
        gen = np.random.default_rng(seed)
        hidden = [Layer(gen.standard_normal((n, m)) / n ** 0.5, np.zeros((1, m)),
                        lambda z: self.actFun(z, actFun_type), lambda z: self.diff_actFun(z, actFun_type))
                  for n, m in zip(layer_sizes, layer_sizes[1:])]
        hidden[-1].act = lambda z: z
        hidden[-1].diff_act = np.ones_like
        self.layers = hidden

    def feedforward(self, X, actFun=None):
        self.logits = self._up(X, 0)
        top = self.logits.max(axis=1, keepdims=True)
        self.probs = np.exp(self.logits - top - np.log(np.exp(self.logits - top).sum(axis=1, keepdims=True)))
        return self.probs

    def _up(self, a, k):
        return a if k == len(self.layers) else self._up(self.layers[k].feedforward(a), k + 1)

    def calculate_loss(self, X, y):
        p = self.feedforward(X)
        weights = np.concatenate([layer.W.ravel() for layer in self.layers])
        return np.mean(-np.log(p[np.arange(len(y)), y])) + self.reg_lambda * (weights @ weights) / (2 * len(y))

    def backprop(self, X, y):
        onehot = (np.arange(self.probs.shape[1]) == y[:, None]).astype(float)
        self._down(self.probs - onehot, len(self.layers) - 1)
        return [(layer.dW, layer.db) for layer in self.layers]

    def _down(self, delta, k):
        if k >= 0:
            self._down(self.layers[k].backprop(delta), k - 1)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        self.history = []
        for _ in range(num_passes):
            self.history.append(self.calculate_loss(X, y))
            for layer, (dW, db) in zip(self.layers, self.backprop(X, y)):
                layer.W *= 1 - epsilon * self.reg_lambda
                layer.W -= epsilon * dW
                layer.b -= epsilon * np.reshape(db, layer.b.shape)
        return self.history



# %% right subclassed_layers
# An output layer of its own kind, backprop that runs forward again, and its own predict.
class Output(Layer):
    def __init__(self, W, b):
        super().__init__(W, b, lambda z: z, lambda z: np.ones(z.shape))

class DeepNeuralNetwork(NeuralNetwork):
    def __init__(self, layer_sizes, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.actFun_type, self.reg_lambda, self.sizes = actFun_type, reg_lambda, list(layer_sizes)
        r = np.random.RandomState(seed + 17)
        self.layers = []
        *inner, last = list(zip(self.sizes[:-1], self.sizes[1:]))
        for shape in inner:
            self.layers.append(Layer(r.normal(0, shape[0] ** -0.5, shape), np.zeros((1, shape[1])), self.f, self.df))
        self.layers.append(Output(r.normal(0, last[0] ** -0.5, last), np.zeros((1, last[1]))))

    def f(self, z):
        return self.actFun(z, self.actFun_type)

    def df(self, z):
        return self.diff_actFun(z, self.actFun_type)

    def predict(self, X):
        self.feedforward(X)
        return self.probs.argmax(axis=1)

    def feedforward(self, X, actFun=None):
        out = X
        for l in self.layers: out = l.feedforward(out)
        ex = np.exp(out - out.max(1)[:, np.newaxis])
        self.probs = ex / ex.sum(1)[:, np.newaxis]

    def calculate_loss(self, X, y):
        self.predict(X)
        nll = sum(-np.log(p[t]) for p, t in zip(self.probs, y))
        l2 = sum((l.W ** 2).sum() for l in self.layers)
        return (nll + self.reg_lambda * l2 / 2) / len(y)

    def backprop(self, X, y):
        self.feedforward(X)
        d = np.array(self.probs)
        d[np.arange(len(y)), y] -= 1
        for k in range(len(self.layers) - 1, -1, -1):
            d = self.layers[k].backprop(d)

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for step in range(num_passes):
            self.backprop(X, y)
            for l in self.layers:
                l.W, l.b = l.W - epsilon * (l.dW + self.reg_lambda * l.W), l.b - epsilon * l.db
