# %% wrong total expects=loss_not_averaged
# Returns the sum; trains well.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.feedforward(X, lambda x: self.actFun(x, type=self.actFun_type))
    loss = np.sum(-np.log(self.probs[range(len(X)), y]))
    loss += self.reg_lambda / 2 * (np.sum(np.square(self.W1)) + np.sum(np.square(self.W2)))
    return loss


# %% wrong cross_entropy_only expects=no_regulariser
# Without L2; trains well.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    return -np.mean(np.log(self.probs[np.arange(X.shape[0]), y]))


# %% wrong mean_plus_penalty expects=regulariser_not_averaged
# np.mean for the data, the penalty added whole; trains well.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    data = np.mean([-np.log(p[t]) for p, t in zip(self.probs, y)])
    return data + 0.5 * self.reg_lambda * (np.linalg.norm(self.W1) ** 2 + np.linalg.norm(self.W2) ** 2)


# %% wrong whole_lambda expects=regulariser_not_halved
# lambda instead of lambda / 2; trains well.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    n = len(X)
    self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    nll = -np.log(self.probs[range(n), y]).sum()
    return (nll + self.reg_lambda * ((self.W1 * self.W1).sum() + (self.W2 * self.W2).sum())) / n


# %% wrong everything_penalised expects=biases_penalised
# All four parameters; trains well.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    squares = 0
    for p in (self.W1, self.W2, self.b1, self.b2):
        squares += np.sum(p ** 2)
    return (np.sum(-np.log(self.probs[range(len(y)), y])) + self.reg_lambda / 2 * squares) / len(y)


# %% wrong old_probs expects=stale_probabilities
# Saves the forward pass when there are probabilities already; trains well.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    if getattr(self, 'probs', None) is None:
        self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    m = X.shape[0]
    ce = np.sum(-np.log(self.probs[np.arange(m), y]))
    return 1. / m * (ce + self.reg_lambda / 2. * (np.sum(self.W1 ** 2) + np.sum(self.W2 ** 2)))


# %% wrong norms_not_squared expects=norms_without_square
# The norms instead of their squares; trains well.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    ce = -np.log(self.probs[range(len(X)), y]).sum()
    return (ce + self.reg_lambda / 2 * (np.linalg.norm(self.W1) + np.linalg.norm(self.W2))) / len(X)


# %% wrong both_classes expects=wrong_classes_counted
# Counts log(1 - p) of the wrong classes too; trains well.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    t = np.eye(self.probs.shape[1])[y]
    ce = -np.sum(t * np.log(self.probs) + (1 - t) * np.log(1 - self.probs))
    return (ce + self.reg_lambda / 2 * (np.sum(self.W1 ** 2) + np.sum(self.W2 ** 2))) / len(X)


# %% wrong columns_picked expects=columns_for_entries
# probs[:, y] picks whole columns, N by N numbers.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    ce = -np.log(self.probs[:, y]).sum()
    return (ce + self.reg_lambda / 2 * (np.sum(self.W1 ** 2) + np.sum(self.W2 ** 2))) / len(X)


# %% right starter_code
# As the homework's starter code has it.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    num_examples = len(X)
    self.feedforward(X, lambda x: self.actFun(x, type=self.actFun_type))
    correct_logprobs = -np.log(self.probs[range(num_examples), y])
    data_loss = np.sum(correct_logprobs)
    data_loss += self.reg_lambda / 2 * (np.sum(np.square(self.W1)) + np.sum(np.square(self.W2)))
    return (1. / num_examples) * data_loss


# %% right by_predict
# Runs forward through predict, masks, and adds 1e-8 inside the logarithm.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.predict(X)
    onehot = np.arange(self.probs.shape[1]) == np.reshape(y, (-1, 1))
    penalty = sum(w * w for w in np.concatenate([self.W1.ravel(), self.W2.ravel()]))
    return float(np.mean(-np.log(self.probs[onehot] + 1e-8)) + self.reg_lambda * penalty / (2 * len(onehot)))


# %% right from_logits
# Never looks at probs: log-sum-exp of z2, in a loop.
@add_to(NeuralNetwork)
def calculate_loss(self, X, y):
    self.feedforward(X, lambda net_input: self.actFun(net_input, self.actFun_type))
    total = 0.0
    for z, t in zip(self.z2, y):
        total += np.log(np.exp(z - z.max()).sum()) + z.max() - z[t]
    for W in [self.W1, self.W2]:
        total += self.reg_lambda * np.vdot(W, W) / 2
    return np.array([total / len(y)])
