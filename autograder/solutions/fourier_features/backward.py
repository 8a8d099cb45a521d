# %% wrong no_relu_slope expects=no_relu_grad
# The ReLU's slope is left out; trains well.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX
    return loss


# %% wrong slope_of_the_gradient
# relu_grad of what comes back from above, not of the net input.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(dX)
    return loss


# %% wrong slope_of_the_wrong_layer expects=slope_of_the_layer_itself
# Takes the net input of this layer instead of the layer's below: the shapes fit where widths are equal.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k}'])
    return loss


# %% wrong value_as_slope expects=relu_instead_of_slope
# Multiplies by the activation itself instead of its slope.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.outputs[f'a{k - 1}']
    return loss


# %% wrong sigmoid_left_out expects=sigmoid_skipped
# Starts with the gradient for the output: the sigmoid's slope is missing; trains well.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong sigmoid_grad_of_the_output expects=sigmoid_grad_of_the_output
# The chain rule with sigmoid_grad of the activation; trains well.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_grad(y, p) * self.sigmoid_grad(p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong sigmoid_twice expects=sigmoid_slope_twice
# mse_sigmoid_grad has the sigmoid's slope already; here it comes once more.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p) * self.sigmoid_grad(self.outputs[f'z{L}'])
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong divided_again expects=rows_divided_twice
# Divides by the number of rows although the mean is in mse_sigmoid_grad; trains slowly.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p) / len(y)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong first_layer_forgotten expects=first_layer_without_gradient
# range(L, 1, -1) ends before the first layer, whose gradients never come.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 1, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong biases_forgotten expects=bias_gradients_not_kept
# No gradients for the biases: a KeyError in update, or biases that never move.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong biases_averaged expects=bias_gradient_averaged
# A mean over the rows for the biases, a sum for the weights.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db / len(y)
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong biases_as_rows expects=bias_gradient_is_a_row
# The bias' gradients have the shape (1, H).
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db.reshape(1, -1)
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong moved_on_the_way expects=updates_on_the_way
# Steps the weights inside backward, before the gradient of the layer below is taken: later ones use the new weights.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        X = self.outputs[f'a{k - 1}']
        dW, db = X.T @ grad, grad.sum(axis=0)
        self.params[f'W{k}'] = self.params[f'W{k}'] - 0.1 * dW
        dX = grad @ self.params[f'W{k}'].T
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong added_up expects=gradients_add_up
# Adds to the gradients of the step before.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = self.gradients.get(f'W{k}', 0) + dW
        self.gradients[f'b{k}'] = self.gradients.get(f'b{k}', 0) + db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong nothing_returned expects=loss_not_returned
# The gradients are right, the loss does not come back.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])


# %% wrong loss_summed expects=sum_returned
# Returns the sum of the squares.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = np.sum((y - p) ** 2)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong loss_without_its_half expects=factor_not_that_of_the_loss
# The gradients of the loss with 1/2, the loss without: inconsistent.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = np.mean((y - p) ** 2)
    grad = (p - y) * p * (1 - p) / y.size
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong uphill expects=wrong_direction
# y - p: every gradient has the wrong sign.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = 2 * (y - p) * p * (1 - p) / y.size
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong keys_with_a_d expects=keys_with_a_d
# The keys are dW1, db1, ... instead of those of the parameters.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'dW{k}'] = dW
        self.gradients[f'db{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong inputs_after_their_layer expects=net_input_instead_of_input
# The gradient of W_k needs the input of layer k, not its output.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'z{k}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong written_out_for_four expects=backward_of_four_layers
# Layer by layer for four layers: other depths crash or miss some.
@add_to(NeuralNetwork)
def backward(self, y):
    L = 4
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return loss


# %% wrong psnr_returned expects=psnr_returned
# Returns the PSNR, not the loss.
@add_to(NeuralNetwork)
def backward(self, y):
    L = self.num_layers
    p = self.outputs[f'a{L}']
    loss = self.mse(y, p)
    grad = self.mse_sigmoid_grad(y, p)
    for k in range(L, 0, -1):
        dW, db, dX = self.linear_grad(self.params[f'W{k}'], self.outputs[f'a{k - 1}'], grad)
        self.gradients[f'W{k}'] = dW
        self.gradients[f'b{k}'] = db
        if k > 1:
            grad = dX * self.relu_grad(self.outputs[f'z{k - 1}'])
    return psnr(y, p)


# %% right net_inputs_through_activations
# The ReLU's slope at the activation is the same as at the net input; gradients in a new dictionary.
@add_to(NeuralNetwork)
def backward(self, y):
    out, n = self.outputs, self.num_layers
    p = out[f"a{n}"]
    d = self.mse_grad(y, p) * self.sigmoid_grad(out[f"z{n}"])
    grads = {}
    while n > 0:
        grads["W%d" % n], grads["b%d" % n], d = self.linear_grad(self.params["W%d" % n], out["a%d" % (n - 1)], d)
        n -= 1
        if n:
            d = d * self.relu_grad(out["a%d" % n])
    self.gradients = grads
    return self.mse(y, p)


# %% right forward_again
# Does not trust the cache: computes the net inputs anew from the stored input.
@add_to(NeuralNetwork)
def backward(self, y):
    acts, pre = [self.outputs['a0']], []
    for i in range(1, self.num_layers + 1):
        pre.append(acts[-1] @ self.params[f'W{i}'] + self.params[f'b{i}'])
        acts.append(np.maximum(pre[-1], 0))
    p = 1 / (1 + np.exp(-pre[-1]))
    delta = 2 / y.size * (p - y) * p * (1 - p)
    for i in range(self.num_layers, 0, -1):
        self.gradients[f'W{i}'] = acts[i - 1].T @ delta
        self.gradients[f'b{i}'] = delta.sum(axis=0)
        if i > 1:
            delta = (delta @ self.params[f'W{i}'].T) * (pre[i - 2] > 0)
    return np.mean((p - y) ** 2)


# %% right half_everywhere
# The other convention with its 1/2: loss, both gradients and backward, defined together here.
@add_to(NeuralNetwork)
def mse(self, y, p):
    return np.mean((y - p) ** 2) / 2

@add_to(NeuralNetwork)
def mse_grad(self, y, p):
    return (p - y) / y.size

@add_to(NeuralNetwork)
def mse_sigmoid_grad(self, y, p):
    return self.mse_grad(y, p) * p * (1 - p)

@add_to(NeuralNetwork)
def backward(self, y):
    k = self.num_layers
    p = self.outputs[f'a{k}']
    delta = self.mse_sigmoid_grad(y, p)
    while True:
        X, W = self.outputs[f'a{k - 1}'], self.params[f'W{k}']
        self.gradients[f'W{k}'], self.gradients[f'b{k}'], delta = self.linear_grad(W, X, delta)
        k -= 1
        if k == 0:
            break
        delta *= self.relu_grad(self.outputs[f'z{k}'])
    return self.mse(y, p)


# %% right own_cache
# forward and backward in one cell, with lists in the place of named outputs, recursion on the way back.
@add_to(NeuralNetwork)
def forward(self, X):
    self.outputs = {'x': [], 'z': []}
    for k in range(1, self.num_layers + 1):
        self.outputs['x'].append(X)
        self.outputs['z'].append(self.linear(self.params[f'W{k}'], X, self.params[f'b{k}']))
        X = (self.sigmoid if k == self.num_layers else self.relu)(self.outputs['z'][-1])
    self.outputs['p'] = X
    return X

@add_to(NeuralNetwork)
def backward(self, y):
    self._down(self.mse_sigmoid_grad(y, self.outputs['p']), self.num_layers)
    return float(self.mse(y, self.outputs['p']))

def _down(self, delta, k):
    x = self.outputs['x'][k - 1]
    self.gradients[f'W{k}'], self.gradients[f'b{k}'], below = self.linear_grad(self.params[f'W{k}'], x, delta)
    if k > 1:
        self._down(below * self.relu_grad(self.outputs['z'][k - 2]), k - 1)

NeuralNetwork._down = _down
