# %% wrong bent_logits expects=bend_before_softmax
# The activation on both layers; trains well.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = X.dot(self.W1) + self.b1
    self.a1 = actFun(self.z1)
    self.z2 = actFun(self.a1.dot(self.W2) + self.b2)
    exp_scores = np.exp(self.z2 - self.z2.max(axis=1, keepdims=True))
    self.probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)


# %% wrong own_choice expects=activation_not_called
# Chooses by actFun_type; trains well, since fit_model passes the same.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = np.matmul(X, self.W1) + self.b1
    self.a1 = self.actFun(self.z1, self.actFun_type)
    self.z2 = np.matmul(self.a1, self.W2) + self.b2
    shifted = np.exp(self.z2 - np.max(self.z2, axis=1)[:, None])
    self.probs = shifted / shifted.sum(axis=1)[:, None]


# %% wrong no_biases expects=biases_left_out
# X W1 and a1 W2 only.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = X @ self.W1
    self.a1 = actFun(self.z1)
    self.z2 = self.a1 @ self.W2
    e = np.exp(self.z2 - self.z2.max(1, keepdims=True))
    self.probs = e / e.sum(1, keepdims=True)


# %% wrong plain_exponentials expects=logits_not_shifted
# As in the starter code's softmax; trains well.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = X.dot(self.W1) + self.b1
    self.a1 = actFun(self.z1)
    self.z2 = self.a1.dot(self.W2) + self.b2
    exp_scores = np.exp(self.z2)
    self.probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    return None


# %% wrong one_maximum expects=batch_maximum
# np.max of the whole array; trains well.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = X.dot(self.W1) + self.b1
    self.a1 = actFun(self.z1)
    self.z2 = self.a1.dot(self.W2) + self.b2
    scores = np.exp(self.z2 - np.max(self.z2))
    self.probs = (scores.T / scores.sum(axis=1)).T


# %% wrong wrong_axis expects=columns_of_probabilities
# Normalises over the rows of the batch.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = X @ self.W1 + self.b1
    self.a1 = actFun(self.z1)
    self.z2 = self.a1 @ self.W2 + self.b2
    scores = np.exp(self.z2 - self.z2.max(axis=0))
    self.probs = scores / np.sum(scores, axis=0)


# %% wrong returned_not_stored expects=results_not_stored
# Returns the probabilities and stores nothing.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    a1 = actFun(X @ self.W1 + self.b1)
    z2 = a1 @ self.W2 + self.b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# %% wrong input_shifted expects=logits_kept_shifted
# Subtracts from z2 in place, so that z2 holds shifted logits; trains well.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = X @ self.W1 + self.b1
    self.a1 = actFun(self.z1)
    self.z2 = self.a1 @ self.W2 + self.b2
    self.z2 -= self.z2.max(axis=1, keepdims=True)
    self.probs = np.exp(self.z2) / np.exp(self.z2).sum(axis=1, keepdims=True)


# %% wrong two_arguments
# Calls actFun with the type: crashes with TypeError.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = X @ self.W1 + self.b1
    self.a1 = actFun(self.z1, self.actFun_type)
    self.z2 = self.a1 @ self.W2 + self.b2
    self.probs = np.exp(self.z2) / np.exp(self.z2).sum(axis=1, keepdims=True)


# %% right returns_probs
# Also returns the probabilities, and keeps a2 and X.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.X = X
    self.z1 = X.dot(self.W1) + self.b1
    self.a1 = actFun(self.z1)
    self.z2 = self.a1.dot(self.W2) + self.b2
    ex = np.exp(self.z2 - np.max(self.z2, axis=1, keepdims=True))
    self.a2 = self.probs = ex / np.sum(ex, axis=1, keepdims=True)
    return self.probs


# %% right log_softmax
# Softmax through its logarithm, in a static helper.
def log_softmax(scores):
    top = scores.max(axis=1).reshape(-1, 1)
    return scores - top - np.log(np.exp(scores - top).sum(axis=1)).reshape(-1, 1)

@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    self.z1 = np.add(np.dot(X, self.W1), self.b1)
    self.a1 = actFun(self.z1)
    self.z2 = np.add(np.dot(self.a1, self.W2), self.b2)
    self.probs = np.exp(log_softmax(self.z2))


# %% right row_by_row
# One row after the other for softmax; np.ravel'ed biases.
@add_to(NeuralNetwork)
def feedforward(self, X, actFun):
    z1 = np.einsum('nd,dh->nh', X, self.W1) + np.ravel(self.b1)
    a1 = actFun(z1)
    z2 = np.einsum('nh,hc->nc', a1, self.W2) + np.ravel(self.b2)
    rows = []
    for z in z2:
        e = np.exp(z - z.max())
        rows.append(e / e.sum())
    self.z1, self.a1, self.z2, self.probs = z1, a1, z2, np.array(rows)
