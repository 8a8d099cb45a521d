# %% wrong no_decay expects=weights_not_shrunk
# Forgets reg_lambda; trains well.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for i in range(0, num_passes):
        self.feedforward(X, lambda x: self.actFun(x, type=self.actFun_type))
        dW1, dW2, db1, db2 = self.backprop(X, y)
        self.W1 += -epsilon * dW1
        self.b1 += -epsilon * db1
        self.W2 += -epsilon * dW2
        self.b2 += -epsilon * db2
        if print_loss and i % 1000 == 0:
            print("Loss after iteration %i: %f" % (i, self.calculate_loss(X, y)))


# %% wrong decays_all_four expects=biases_shrunk
# Regularises the biases in a loop over all names; trains well.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for i in range(num_passes):
        self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
        for name, g in zip(['W1', 'W2', 'b1', 'b2'], self.backprop(X, y)):
            p = getattr(self, name)
            setattr(self, name, p - epsilon * (g + self.reg_lambda * p))


# %% wrong plus_sign expects=uphill
# Adds the step.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for i in range(num_passes):
        self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
        dW1, dW2, db1, db2 = self.backprop(X, y)
        self.W1 = self.W1 + epsilon * (dW1 + self.reg_lambda * self.W1)
        self.W2 = self.W2 + epsilon * (dW2 + self.reg_lambda * self.W2)
        self.b1 = self.b1 + epsilon * db1
        self.b2 = self.b2 + epsilon * db2


# %% wrong two_lambda expects=shrunk_twice
# 2 lambda W, the slope of lambda W^2; trains well.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for i in range(num_passes):
        self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
        dW1, dW2, db1, db2 = self.backprop(X, y)
        dW1 = dW1 + 2 * self.reg_lambda * self.W1
        dW2 = dW2 + 2 * self.reg_lambda * self.W2
        self.W1, self.W2 = self.W1 - epsilon * dW1, self.W2 - epsilon * dW2
        self.b1, self.b2 = self.b1 - epsilon * db1, self.b2 - epsilon * db2


# %% wrong forward_before_the_loop expects=forward_only_once
# The same probabilities in every pass.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
    for i in range(num_passes):
        dW1, dW2, db1, db2 = self.backprop(X, y)
        self.W1 -= epsilon * (dW1 + self.reg_lambda * self.W1)
        self.W2 -= epsilon * (dW2 + self.reg_lambda * self.W2)
        self.b1 -= epsilon * db1
        self.b2 -= epsilon * db2


# %% wrong mean_step expects=step_averaged
# Divides the gradients by N, but not the regulariser; trains well, more slowly.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    m = X.shape[0]
    for i in range(num_passes):
        self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
        dW1, dW2, db1, db2 = self.backprop(X, y)
        self.W1 -= epsilon * (dW1 / m + self.reg_lambda * self.W1)
        self.W2 -= epsilon * (dW2 / m + self.reg_lambda * self.W2)
        self.b1 -= epsilon * db1 / m
        self.b2 -= epsilon * db2 / m


# %% wrong first_layer_frozen expects=hidden_layer_unmoved
# Updates the output layer only.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for i in range(num_passes):
        self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
        dW1, dW2, db1, db2 = self.backprop(X, y)
        self.W2 -= epsilon * (dW2 + self.reg_lambda * self.W2)
        self.b2 -= epsilon * db2


# %% wrong one_layer_at_a_time expects=layers_step_in_turn
# A second pass for the second layer, after the first has moved; trains well.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    act = lambda x: self.actFun(x, self.actFun_type)
    for i in range(num_passes):
        self.feedforward(X, act)
        dW1, _, db1, _ = self.backprop(X, y)
        self.W1 -= epsilon * (dW1 + self.reg_lambda * self.W1)
        self.b1 -= epsilon * db1
        self.feedforward(X, act)
        _, dW2, _, db2 = self.backprop(X, y)
        self.W2 -= epsilon * (dW2 + self.reg_lambda * self.W2)
        self.b2 -= epsilon * db2


# %% wrong order_of_gradients expects=gradients_in_another_order
# Unpacks dW1, db1, dW2, db2: crashes with ValueError.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for i in range(num_passes):
        self.feedforward(X, lambda x: self.actFun(x, self.actFun_type))
        dW1, db1, dW2, db2 = self.backprop(X, y)
        self.W1 -= epsilon * (dW1 + self.reg_lambda * self.W1)
        self.W2 -= epsilon * (dW2 + self.reg_lambda * self.W2)
        self.b1 -= epsilon * db1
        self.b2 -= epsilon * db2


# %% right starter_code
# As the homework's starter code has it, with the gradients changed in place.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for i in range(0, num_passes):
        self.feedforward(X, lambda x: self.actFun(x, type=self.actFun_type))
        dW1, dW2, db1, db2 = self.backprop(X, y)
        dW2 = dW2 + self.reg_lambda * self.W2
        dW1 = dW1 + self.reg_lambda * self.W1
        self.W1 += -epsilon * dW1
        self.b1 += -epsilon * db1
        self.W2 += -epsilon * dW2
        self.b2 += -epsilon * db2
        if print_loss and i % 1000 == 0:
            print("Loss after iteration %i: %f" % (i, self.calculate_loss(X, y)))


# %% right decay_factor
# Shrinks by the factor 1 - epsilon lambda, then steps; returns self and a history.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    self.losses = []
    decay = 1 - epsilon * self.reg_lambda
    while len(self.losses) < num_passes:
        self.losses.append(self.calculate_loss(X, y))  # runs forward too
        dW1, dW2, db1, db2 = self.backprop(X, y)
        self.W1, self.W2 = decay * self.W1 - epsilon * dW1, decay * self.W2 - epsilon * dW2
        self.b1, self.b2 = self.b1 - epsilon * db1, self.b2 - epsilon * db2
    if print_loss and self.losses:
        print('last loss', float(self.losses[-1]))
    return self


# %% right by_names
# Loops over names; forward through predict.
@add_to(NeuralNetwork)
def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
    for i in range(1, num_passes + 1):
        self.predict(X)
        steps = dict(zip(('W1', 'W2', 'b1', 'b2'), self.backprop(X, y)))
        for name in steps:
            value = getattr(self, name)
            extra = self.reg_lambda * value if name.startswith('W') else 0
            setattr(self, name, value - epsilon * (np.reshape(steps[name], value.shape) + extra))
        if print_loss and i % max(1, num_passes // 5) == 0:
            print(i, self.calculate_loss(X, y))
