# defines: linear, linear_grad
# %% wrong no_bias expects=bias_left_out
# The bias does not take part.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return X @ W

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    return X.T @ de_dz, np.sum(de_dz, axis=0), de_dz @ W.T


# %% wrong rowwise_bias expects=db_over_columns
# Sums each row instead of each column: one number a sample.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return np.dot(X, W) + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    de_dw = np.dot(X.T, de_dz)
    de_db = np.sum(de_dz, axis=1)
    de_dx = np.dot(de_dz, W.T)
    return de_dw, de_db, de_dx


# %% wrong kept_dimension expects=db_is_a_row
# keepdims makes (1, H) of the bias' gradient, and the biases grow to (1, H) at the first step.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return X @ W + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    de_dw = X.T @ de_dz
    de_db = de_dz.sum(axis=0, keepdims=True)
    de_dx = de_dz @ W.T
    return de_dw, de_db, de_dx


# %% wrong mean_for_biases expects=db_averaged
# The bias' gradient is a mean, the weights' one a sum.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return X @ W + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    return X.T @ de_dz, de_dz.mean(axis=0), de_dz @ W.T


# %% wrong divided_by_rows expects=both_averaged
# Divides by N although the loss already did.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return X @ W + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    N = X.shape[0]
    de_dw = (1 / N) * X.T.dot(de_dz)
    de_db = (1 / N) * np.sum(de_dz, axis=0)
    de_dx = de_dz.dot(W.T)
    return de_dw, de_db, de_dx


# %% wrong transposed_weights expects=dw_transposed
# de_dz.T @ X has the shape (out, in).
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return X @ W + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    return de_dz.T @ X, de_dz.sum(0), de_dz @ W.T


# %% wrong untransposed_w expects=w_not_transposed
# de_dz @ W: crashes unless W is square.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return X @ W + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    de_dx = de_dz @ W
    return X.T @ de_dz, de_dz.sum(0), de_dx


# %% wrong input_first expects=gradient_of_X_first
# The gradients come back in another order than asked for.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return X @ W + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    dX = de_dz @ W.T
    dW = X.T @ de_dz
    db = np.sum(de_dz, axis=0)
    return dX, dW, db


# %% wrong columns_as_samples expects=samples_in_columns
# z = W x + b of the textbook, for columns: crashes.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return W @ X + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    return X.T @ de_dz, de_dz.sum(0), de_dz @ W.T


# %% wrong one_number_for_biases expects=db_is_one_number
# np.sum without an axis.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    z = np.matmul(X, W) + b
    return z

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    de_dw = np.matmul(X.T, de_dz)
    de_db = np.sum(de_dz)
    de_dx = np.matmul(de_dz, W.T)
    return de_dw, de_db, de_dx


# %% wrong upstream_left_out expects=db_without_de_dz
# dz/dX is W^T and dz/db is one, says the student: what comes from above is left out.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return X @ W + b

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    de_dw = X.T @ de_dz
    de_db = np.ones(de_dz.shape[1])
    de_dx = de_dz @ W.T
    return de_dw, de_db, de_dx


# %% wrong bias_added_in_place expects=de_dz_changed
# b takes part by changing X @ W, fine, but de_dz is scaled in the caller's own array.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    z = X @ W
    z += b
    return z

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    de_dw = X.T @ de_dz
    de_db = de_dz.sum(axis=0)
    de_dz *= 1.0 / len(X)
    de_dx = len(X) * (de_dz @ W.T)
    return de_dw, de_db, de_dx


# %% right plain_functions
# Plain functions, no methods.
def linear(W, X, b):
    return np.add(np.matmul(X, W), b)


def linear_grad(W, X, de_dz):
    return X.T.dot(de_dz), de_dz.sum(axis=0), de_dz.dot(W.T)


# %% right einsum
# Everything by einsum; a list comes back.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    return np.einsum('nd,dh->nh', X, W) + b[None, :]

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    return [np.einsum('nd,nh->dh', X, de_dz), np.einsum('nh->h', de_dz), np.einsum('nh,dh->nd', de_dz, W)]


# %% right loops
# One sample at a time.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    out = np.zeros((X.shape[0], W.shape[1]))
    for n in range(X.shape[0]):
        for h in range(W.shape[1]):
            out[n, h] = np.dot(X[n], W[:, h]) + b[h]
    return out

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    de_dw, de_db, de_dx = np.zeros(W.shape), np.zeros(W.shape[1]), np.zeros(X.shape)
    for n in range(len(X)):
        de_dw += np.outer(X[n], de_dz[n])
        de_db += de_dz[n]
        de_dx[n] = W @ de_dz[n]
    return de_dw, de_db, de_dx


# %% right ones_column
# The bias as one more row of the weights, gradients cut apart.
@add_to(NeuralNetwork)
def linear(self, W, X, b):
    ones = np.ones((len(X), 1), dtype=X.dtype)
    return np.hstack([X, ones]) @ np.vstack([W, b])

@add_to(NeuralNetwork)
def linear_grad(self, W, X, de_dz):
    both = np.hstack([X, np.ones((len(X), 1), dtype=X.dtype)]).T @ de_dz
    return both[:-1], both[-1], (W @ de_dz.T).T


# %% right whole_class
# A class of its own that inherits the given one, and single precision whatever comes.
class NeuralNetwork(NeuralNetwork):
    def linear(self, W, X, b):
        return X.astype(np.float32) @ W.astype(np.float32) + b.astype(np.float32)

    def linear_grad(self, W, X, de_dz):
        W, X, de_dz = (np.asarray(a, dtype=np.float32) for a in (W, X, de_dz))
        return np.dot(X.T, de_dz), np.ones(len(X), np.float32) @ de_dz, np.dot(de_dz, W.T)


linear = NeuralNetwork.linear
linear_grad = NeuralNetwork.linear_grad
