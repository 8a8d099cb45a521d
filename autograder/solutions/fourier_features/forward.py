# %% wrong sigmoid_everywhere expects=sigmoid_in_hidden_layers
# The sigmoid after the hidden layers too.
@add_to(NeuralNetwork)
def forward(self, X):
    a = X
    self.outputs['a0'] = X
    for i in range(1, self.num_layers + 1):
        z = self.linear(self.params['W' + str(i)], a, self.params['b' + str(i)])
        a = self.sigmoid(z)
        self.outputs['z' + str(i)] = z
        self.outputs['a' + str(i)] = a
    return a


# %% wrong relu_at_the_end expects=relu_before_the_sigmoid
# The last layer gets the ReLU like the others, then the sigmoid: colours between 0.5 and 1.
@add_to(NeuralNetwork)
def forward(self, X):
    a = X
    self.outputs['a0'] = X
    for i in range(1, self.num_layers + 1):
        z = self.linear(self.params[f'W{i}'], a, self.params[f'b{i}'])
        a = self.relu(z)
        self.outputs[f'z{i}'], self.outputs[f'a{i}'] = z, a
    out = self.sigmoid(a)
    self.outputs['out'] = out
    return out


# %% wrong no_sigmoid expects=no_sigmoid
# Returns the last net input.
@add_to(NeuralNetwork)
def forward(self, X):
    self.outputs = {'a0': X}
    for i in range(1, self.num_layers):
        z = X @ self.params[f'W{i}'] + self.params[f'b{i}']
        X = self.relu(z)
        self.outputs[f'z{i}'] = z
        self.outputs[f'a{i}'] = X
    k = self.num_layers
    z = X @ self.params[f'W{k}'] + self.params[f'b{k}']
    self.outputs[f'z{k}'] = self.outputs[f'a{k}'] = z
    return z


# %% wrong no_relu expects=no_relu
# No activation between the layers: the network is linear up to the sigmoid.
@add_to(NeuralNetwork)
def forward(self, X):
    a = X
    self.outputs['a0'] = a
    for i in range(1, self.num_layers + 1):
        a = self.linear(self.params[f'W{i}'], a, self.params[f'b{i}'])
        self.outputs[f'z{i}'] = a
        self.outputs[f'a{i}'] = a
    p = self.sigmoid(a)
    self.outputs[f'a{self.num_layers}'] = p
    return p


# %% wrong relu_first expects=relu_before_linear
# The ReLU before each linear layer, on the coordinates as well.
@add_to(NeuralNetwork)
def forward(self, X):
    a = X
    self.outputs['a0'] = X
    for i in range(1, self.num_layers + 1):
        a = self.relu(a)
        z = self.linear(self.params[f'W{i}'], a, self.params[f'b{i}'])
        self.outputs[f'z{i}'], a = z, z
        self.outputs[f'a{i}'] = a
    return self.sigmoid(a)


# %% wrong biases_left_out expects=forward_without_biases
# Only the weights take part; biases start at zero, so that nobody notices at first.
@add_to(NeuralNetwork)
def forward(self, X):
    out = X
    self.outputs['a0'] = X
    for i in range(1, self.num_layers + 1):
        z = out @ self.params[f'W{i}']
        out = self.relu(z) if i < self.num_layers else self.sigmoid(z)
        self.outputs[f'z{i}'] = z
        self.outputs[f'a{i}'] = out
    return out


# %% wrong nothing_returned expects=output_not_returned
# Stores the prediction and does not return it.
@add_to(NeuralNetwork)
def forward(self, X):
    self.outputs['a0'] = X
    for i in range(1, self.num_layers + 1):
        z = self.linear(self.params[f'W{i}'], self.outputs[f'a{i - 1}'], self.params[f'b{i}'])
        self.outputs[f'z{i}'] = z
        self.outputs[f'a{i}'] = self.relu(z) if i < self.num_layers else self.sigmoid(z)


# %% wrong four_layers_whatever expects=four_layers_always
# Written out for four layers: the fifth is never used, and three crash.
@add_to(NeuralNetwork)
def forward(self, X):
    p, o = self.params, self.outputs
    o['a0'] = X
    o['z1'] = self.linear(p['W1'], X, p['b1'])
    o['a1'] = self.relu(o['z1'])
    o['z2'] = self.linear(p['W2'], o['a1'], p['b2'])
    o['a2'] = self.relu(o['z2'])
    o['z3'] = self.linear(p['W3'], o['a2'], p['b3'])
    o['a3'] = self.relu(o['z3'])
    o['z4'] = self.linear(p['W4'], o['a3'], p['b4'])
    o['a4'] = self.sigmoid(o['z4'])
    return o['a4']


# %% wrong one_layer_short expects=last_relu_missing
# range(1, num_layers - 1): the last hidden layer gets no ReLU.
@add_to(NeuralNetwork)
def forward(self, X):
    a, L = X, self.num_layers
    self.outputs['a0'] = X
    for i in range(1, L + 1):
        z = self.linear(self.params[f'W{i}'], a, self.params[f'b{i}'])
        if i < L - 1:
            a = self.relu(z)
        elif i == L:
            a = self.sigmoid(z)
        else:
            a = z
        self.outputs[f'z{i}'], self.outputs[f'a{i}'] = z, a
    return a


# %% wrong softmax_at_the_end expects=softmax_at_the_end
# Colours are not classes: softmax makes each pixel's channels sum to one.
@add_to(NeuralNetwork)
def forward(self, X):
    a = X
    self.outputs['a0'] = X
    for i in range(1, self.num_layers):
        self.outputs[f'z{i}'] = self.linear(self.params[f'W{i}'], a, self.params[f'b{i}'])
        a = self.outputs[f'a{i}'] = self.relu(self.outputs[f'z{i}'])
    z = self.linear(self.params[f'W{self.num_layers}'], a, self.params[f'b{self.num_layers}'])
    e = np.exp(z - z.max(axis=1, keepdims=True))
    self.outputs[f'z{self.num_layers}'] = z
    self.outputs[f'a{self.num_layers}'] = e / e.sum(axis=1, keepdims=True)
    return self.outputs[f'a{self.num_layers}']


# %% wrong nothing_stored expects=outputs_not_kept
# Returns the right prediction and keeps nothing for backward.
@add_to(NeuralNetwork)
def forward(self, X):
    for i in range(1, self.num_layers):
        X = self.relu(self.linear(self.params[f'W{i}'], X, self.params[f'b{i}']))
    i = self.num_layers
    return self.sigmoid(self.linear(self.params[f'W{i}'], X, self.params[f'b{i}']))


# %% right own_keys
# A fresh dictionary each time with names of its own and lists in it.
@add_to(NeuralNetwork)
def forward(self, X):
    self.outputs = dict(inputs=[], pre=[])
    for layer in range(self.num_layers):
        W, b = self.params['W%d' % (layer + 1)], self.params['b%d' % (layer + 1)]
        self.outputs['inputs'].append(X)
        self.outputs['pre'].append(self.linear(W, X, b))
        last = layer == self.num_layers - 1
        X = self.sigmoid(self.outputs['pre'][-1]) if last else self.relu(self.outputs['pre'][-1])
    self.outputs['prediction'] = X
    return X


# %% right integer_keys
# Numbers as keys, no methods of its own class: everything in NumPy.
@add_to(NeuralNetwork)
def forward(self, X):
    self.outputs.clear()
    self.outputs[0] = X
    for k in range(1, self.num_layers + 1):
        z = np.dot(self.outputs[k - 1], self.params[f"W{k}"]) + self.params[f"b{k}"]
        if k == self.num_layers:
            self.outputs[k] = 0.5 + 0.5 * np.tanh(z / 2)
        else:
            self.outputs[k] = np.maximum(z, 0)
    return self.outputs[self.num_layers]


# %% right plain_function
# A plain function with the network as its argument, added by hand.
def forward(net, X):
    h = net.outputs["x"] = np.asarray(X)
    for i in range(len(net.hidden_sizes)):
        h = net.relu(net.linear(net.params[f"W{i + 1}"], h, net.params[f"b{i + 1}"]))
        net.outputs[f"h{i + 1}"] = h
    n = len(net.hidden_sizes) + 1
    net.outputs["y"] = net.sigmoid(net.linear(net.params[f"W{n}"], h, net.params[f"b{n}"]))
    return net.outputs["y"]


NeuralNetwork.forward = forward


# %% right recursion
# Layer by layer in a recursion; keeps masks instead of net inputs, and extra things.
@add_to(NeuralNetwork)
def forward(self, X):
    self.calls = getattr(self, "calls", 0) + 1
    return self._layer(X, 1)

@add_to(NeuralNetwork)
def _layer(self, a, k):
    z = self.linear(self.params["W" + str(k)], a, self.params["b" + str(k)])
    self.outputs["in", k] = a
    if k == self.num_layers:
        self.outputs["p"] = self.sigmoid(z)
        return self.outputs["p"].copy()
    self.outputs["mask", k] = z > 0
    return self._layer(self.relu(z), k + 1)


# %% right double_precision
# Computes in float64 and keeps copies.
@add_to(NeuralNetwork)
def forward(self, X):
    X = np.array(X, dtype=np.float64)
    self.outputs["a0"] = X.copy()
    for i in range(1, 1 + self.num_layers):
        X = np.einsum("ni,io->no", X, self.params[f"W{i}"]) + self.params[f"b{i}"]
        self.outputs[f"z{i}"] = X.copy()
        X = X * (X > 0) if i < self.num_layers else 1 / (1 + np.exp(-np.clip(X, -500, 500)))
        self.outputs[f"a{i}"] = X.copy()
    return X
