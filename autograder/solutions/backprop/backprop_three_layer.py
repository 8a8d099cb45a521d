# defines: backprop
# %% wrong divided_by_rows expects=gradients_averaged
# delta3 /= N; trains well with a larger step.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    n = len(X)
    delta3 = self.probs.copy()
    delta3[range(n), y] -= 1
    delta3 /= n
    dW2 = self.a1.T.dot(delta3)
    db2 = np.sum(delta3, axis=0)
    delta2 = delta3.dot(self.W2.T) * self.diff_actFun(self.z1, self.actFun_type)
    return X.T.dot(delta2), dW2, np.sum(delta2, axis=0), db2


# %% wrong slope_of_a1 expects=slope_at_the_activation
# diff_actFun(a1): the activation twice; trains well.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    d2 = self.probs - np.eye(self.W2.shape[1])[y]
    d1 = np.dot(d2, self.W2.T) * self.diff_actFun(self.a1, self.actFun_type)
    dW2 = np.dot(self.a1.T, d2)
    dW1 = np.dot(X.T, d1)
    return dW1, dW2, d1.sum(axis=0), d2.sum(axis=0)


# %% wrong straight_through expects=slope_left_out
# No derivative between the layers; trains well.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    delta3 = self.probs.copy()
    delta3[range(len(X)), y] -= 1
    dW2 = (self.a1.T).dot(delta3)
    db2 = np.sum(delta3, axis=0, keepdims=True)
    delta2 = delta3.dot(self.W2.T)
    dW1 = np.dot(X.T, delta2)
    db1 = np.sum(delta2, axis=0)
    return dW1, dW2, db1, db2


# %% wrong tanh_from_the_tutorial expects=always_tanh
# The tutorial's (1 - a1^2) whatever the activation; trains well with tanh.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    delta3 = self.probs.copy()
    delta3[range(len(X)), y] -= 1
    dW2 = (self.a1.T).dot(delta3)
    db2 = np.sum(delta3, axis=0, keepdims=True)
    delta2 = delta3.dot(self.W2.T) * (1 - np.power(self.a1, 2))
    dW1 = np.dot(X.T, delta2)
    db1 = np.sum(delta2, axis=0)
    return dW1, dW2, db1, db2


# %% wrong regularised_here expects=regulariser_too_early
# Adds lambda W, which fit_model adds again; trains well.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    error = self.probs.copy()
    error[np.arange(len(y)), y] -= 1
    hidden = error @ self.W2.T * self.diff_actFun(self.z1, self.actFun_type)
    dW1 = X.T @ hidden + self.reg_lambda * self.W1
    dW2 = self.a1.T @ error + self.reg_lambda * self.W2
    return dW1, dW2, hidden.sum(0), error.sum(0)


# %% wrong same_array expects=probs_overwritten
# delta3 = self.probs without a copy, as in the tutorial; trains well.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    num_examples = len(X)
    delta3 = self.probs
    delta3[range(num_examples), y] -= 1
    dW2 = self.a1.T.dot(delta3)
    db2 = np.sum(delta3, axis=0, keepdims=True)
    delta2 = delta3.dot(self.W2.T) * self.diff_actFun(self.z1, self.actFun_type)
    dW1 = X.T.dot(delta2)
    db1 = np.sum(delta2, axis=0, keepdims=True)
    return dW1, dW2, db1, db2


# %% wrong mean_of_biases expects=bias_means
# np.mean for db only; trains well.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    d2 = self.probs.copy()
    d2[range(len(X)), y] -= 1
    d1 = d2.dot(self.W2.T) * self.diff_actFun(self.z1, self.actFun_type)
    return X.T.dot(d1), self.a1.T.dot(d2), np.mean(d1, axis=0), np.mean(d2, axis=0)


# %% wrong sign_turned expects=gradients_negated
# onehot - probs: climbs.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    d2 = np.eye(self.probs.shape[1])[y] - self.probs
    d1 = d2.dot(self.W2.T) * self.diff_actFun(self.z1, self.actFun_type)
    return X.T.dot(d1), self.a1.T.dot(d2), d1.sum(axis=0), d2.sum(axis=0)


# %% wrong inputs_for_activations expects=input_for_activation
# X where a1 belongs: crashes nowhere when X is as wide, but has the wrong shape here.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    d2 = self.probs - np.eye(self.probs.shape[1])[y]
    d1 = d2 @ self.W2.T * self.diff_actFun(self.z1, self.actFun_type)
    return X.T @ d1, X.T @ d2, d1.sum(axis=0), d2.sum(axis=0)


# %% wrong slope_at_the_top expects=slope_at_the_logits
# The hidden activation's derivative on the logits too; trains well.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    d2 = self.probs - np.eye(self.probs.shape[1])[y]
    d2 = d2 * self.diff_actFun(self.z2, self.actFun_type)
    d1 = d2 @ self.W2.T * self.diff_actFun(self.z1, self.actFun_type)
    return X.T @ d1, self.a1.T @ d2, d1.sum(axis=0), d2.sum(axis=0)


# %% right flat_biases
# db as (n,); outer products row by row.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    slope = self.diff_actFun(self.z1, self.actFun_type)
    dW1, dW2 = np.zeros_like(self.W1), np.zeros_like(self.W2)
    db1, db2 = np.zeros(self.W1.shape[1]), np.zeros(self.W2.shape[1])
    for n in range(len(X)):
        d2 = np.array(self.probs[n])
        d2[y[n]] -= 1
        d1 = self.W2 @ d2 * slope[n]
        dW2 += np.outer(self.a1[n], d2)
        dW1 += np.outer(X[n], d1)
        db1 += d1
        db2 += d2
    return dW1, dW2, db1, db2


# %% right forward_again
# Runs forward itself; a list instead of a tuple; ones @ delta for the biases.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    self.feedforward(X, lambda z: self.actFun(z, self.actFun_type))
    T = np.zeros(self.probs.shape)
    T[np.arange(len(y)), y] = 1
    d2 = self.probs - T
    d1 = np.multiply(d2 @ self.W2.T, self.diff_actFun(self.z1, self.actFun_type))
    ones = np.ones((1, len(y)))
    return [X.T @ d1, self.a1.T @ d2, ones @ d1, ones @ d2]


# %% right einsum
# Einstein sums; one bias flat, the other a row.
@add_to(NeuralNetwork)
def backprop(self, X, y):
    d2 = self.probs + 0.0
    np.subtract.at(d2, (np.arange(len(X)), y), 1)
    d1 = np.einsum('nc,hc->nh', d2, self.W2) * self.diff_actFun(z=self.z1, type=self.actFun_type)
    return np.einsum('nd,nh->dh', X, d1), np.einsum('nh,nc->hc', self.a1, d2), d1.sum(axis=0), d2.sum(0, keepdims=True)
