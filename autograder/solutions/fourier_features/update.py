# %% wrong uphill expects=uphill
# A plus: every step makes the loss larger.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for key in self.params:
        self.params[key] += lr * self.gradients[key]


# %% wrong weights_only expects=biases_left_out
# The biases stay at zero; trains well.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for i in range(1, self.num_layers + 1):
            self.params['W' + str(i)] -= lr * self.gradients['W' + str(i)]


# %% wrong last_layer_forgotten expects=last_layer_left_out_of_the_update
# range(1, num_layers) ends one layer early; trains well.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for i in range(1, self.num_layers):
        self.params[f'W{i}'] = self.params[f'W{i}'] - lr * self.gradients[f'W{i}']
        self.params[f'b{i}'] = self.params[f'b{i}'] - lr * self.gradients[f'b{i}']


# %% wrong rate_of_its_own expects=rate_typed_in
# A learning rate typed into the method; the argument does nothing.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    learning_rate = 0.01
    for key, grad in self.gradients.items():
        self.params[key] = self.params[key] - learning_rate * grad


# %% wrong local_name expects=nothing_stored
# p is only a name: the new array is never stored.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for key, p in self.params.items():
        p = p - lr * self.gradients[key]


# %% wrong biases_as_rows expects=biases_grow
# Reshapes the biases to (1, H); trains well.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for i in range(1, self.num_layers + 1):
        self.params[f'W{i}'] -= lr * self.gradients[f'W{i}']
        self.params[f'b{i}'] = (self.params[f'b{i}'] - lr * self.gradients[f'b{i}']).reshape(1, -1)


# %% wrong momentum expects=momentum
# Remembers the last steps: SGD with momentum 0.9 instead of SGD.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if not hasattr(self, 'v'):
        self.v = {k: np.zeros_like(p) for k, p in self.params.items()}
    for k in self.params:
        self.v[k] = b1 * self.v[k] + self.gradients[k]
        self.params[k] = self.params[k] - lr * self.v[k]


# %% wrong normalised expects=gradient_normalised
# Only the direction of each gradient counts.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for k in self.params:
        g = self.gradients[k]
        self.params[k] = self.params[k] - lr * g / (np.linalg.norm(g) + eps)


# %% wrong replaced_by_the_step expects=becomes_the_step
# The parameter becomes the step itself.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for k in self.params:
        self.params[k] = -lr * self.gradients[k]


# %% wrong rate_missing expects=rate_left_out
# Subtracts the whole gradient.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for k in self.params:
        self.params[k] = self.params[k] - self.gradients[k]


# %% wrong gradients_scaled_in_place expects=gradients_scaled
# Multiplies the stored gradients by the learning rate: a second update takes a tiny step.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for k in self.params:
        self.gradients[k] *= lr
        self.params[k] = self.params[k] - self.gradients[k]


# %% right in_place
# np.subtract into the arrays that are there, and the parameters come back.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    for name in list(self.params):
        np.subtract(self.params[name], lr * self.gradients[name], out=self.params[name])
    return self.params


# %% right new_dictionary
# A new dictionary of new arrays.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    self.params = {k: v + (-lr) * self.gradients[k] for k, v in self.params.items()}


# %% right layer_by_layer
# Layer by layer, each with a helper; an unknown optimiser raises.
@add_to(NeuralNetwork)
def sgd(self, key, lr):
    self.params[key] -= np.float32(lr) * self.gradients[key]

@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt.upper() != 'SGD':
        raise ValueError(f'opt is {self.opt!r}')
    for i in range(self.num_layers, 0, -1):
        self.sgd(f'W{i}', lr)
        self.sgd(f'b{i}', lr)


# %% right plain_function
# A plain function of the network, which counts its steps.
def update(net, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    net.steps = getattr(net, "steps", 0) + 1
    for letter in "Wb":
        for layer in range(1, net.num_layers + 1):
            key = letter + str(layer)
            net.params[key] = net.params[key] - lr * net.gradients[key]


NeuralNetwork.update = update
