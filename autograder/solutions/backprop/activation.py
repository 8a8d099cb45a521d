# defines: actFun
# %% wrong flipped_exponent expects=falling_sigmoid
# The sigmoid with exp(z), which falls; trains well all the same, since weights may change sign.
@add_to(NeuralNetwork)
def actFun(self, z, type):
    type = type.lower()
    if type == 'tanh':
        return np.tanh(z)
    elif type == 'sigmoid':
        return 1.0 / (1.0 + np.exp(z))
    elif type == 'relu':
        return np.maximum(0, z)


# %% wrong zeroes_the_input expects=relu_in_place
# Masks z itself; trains well.
@add_to(NeuralNetwork)
def actFun(self, z, type):
    t = type.lower()
    if t == 'tanh': return np.tanh(z)
    if t == 'sigmoid': return 1/(1+np.exp(-z))
    if t == 'relu':
        mask = z < 0
        z[mask] = 0
        return z


# %% wrong quotient_of_exponentials expects=sigmoid_infinity_over_infinity
# e^z / (1 + e^z): nan for large z; trains well on small data.
@add_to(NeuralNetwork)
def actFun(self, z, type):
    kind = str(type).lower()
    if kind == "sigmoid":
        e = np.exp(z)
        return e / (e + 1.)
    return np.tanh(z) if kind == "tanh" else (z > 0) * z


# %% wrong leaks expects=leaky_relu
# The leaky ReLU under ReLU's name; trains well.
@add_to(NeuralNetwork)
def actFun(self, z, type):
    if type.lower().startswith('t'):
        return np.tanh(z)
    if type.lower().startswith('s'):
        return 1 / (1 + np.exp(-z))
    return np.maximum(0.01 * z, z)


# %% wrong exact_spelling expects=one_spelling
# Knows only the spelling of the exercise's text: 'relu' gives None.
@add_to(NeuralNetwork)
def actFun(self, z, type):
    if type == 'Tanh':
        return np.tanh(z)
    if type == 'Sigmoid':
        return 1 / (1 + np.exp(-z))
    if type == 'ReLU':
        return np.maximum(z, 0)


# %% wrong scalar_if expects=if_on_an_array
# if z > 0 on an array: crashes with ValueError for ReLU.
@add_to(NeuralNetwork)
def actFun(self, z, type):
    type = type.lower()
    if type == 'tanh':
        a = np.tanh(z)
    elif type == 'sigmoid':
        a = 1 / (1 + np.exp(-z))
    else:
        if z > 0:
            a = z
        else:
            a = 0
    return a


# %% right whole_class
# Everything in one class and one cell; later cells only replace methods by equal ones.
class NeuralNetwork(object):
    def __init__(self, nn_input_dim, nn_hidden_dim, nn_output_dim, actFun_type='tanh', reg_lambda=0.01, seed=0):
        self.nn_input_dim = nn_input_dim
        self.nn_hidden_dim = nn_hidden_dim
        self.nn_output_dim = nn_output_dim
        self.actFun_type = actFun_type
        self.reg_lambda = reg_lambda
        np.random.seed(seed)
        self.W1 = np.random.randn(self.nn_input_dim, self.nn_hidden_dim) / np.sqrt(self.nn_input_dim)
        self.b1 = np.zeros((1, self.nn_hidden_dim))
        self.W2 = np.random.randn(self.nn_hidden_dim, self.nn_output_dim) / np.sqrt(self.nn_hidden_dim)
        self.b2 = np.zeros((1, self.nn_output_dim))

    def actFun(self, z, type):
        if type.lower() == 'tanh':
            return (np.exp(2 * np.minimum(z, 300)) - 1) / (np.exp(2 * np.minimum(z, 300)) + 1)
        if type.lower() == 'sigmoid':
            return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
        if type.lower() == 'relu':
            return np.where(z > 0, z, 0)

    def diff_actFun(self, z, type):
        a = self.actFun(z, type)
        return {'tanh': 1 - a ** 2, 'sigmoid': a * (1 - a), 'relu': 1.0 * (z > 0)}[type.lower()]

    def feedforward(self, X, actFun):
        self.z1 = X.dot(self.W1) + self.b1
        self.a1 = actFun(self.z1)
        self.z2 = self.a1.dot(self.W2) + self.b2
        e = np.exp(self.z2 - np.max(self.z2, axis=1, keepdims=True))
        self.probs = e / np.sum(e, axis=1, keepdims=True)

    def calculate_loss(self, X, y):
        self.feedforward(X, lambda x: self.actFun(x, type=self.actFun_type))
        data_loss = np.sum(-np.log(self.probs[range(len(X)), y]))
        data_loss += self.reg_lambda / 2 * (np.sum(np.square(self.W1)) + np.sum(np.square(self.W2)))
        return (1. / len(X)) * data_loss

    def predict(self, X):
        self.feedforward(X, lambda x: self.actFun(x, type=self.actFun_type))
        return np.argmax(self.probs, axis=1)

    def backprop(self, X, y):
        delta3 = np.array(self.probs)
        delta3[range(len(X)), y] -= 1
        dW2 = self.a1.T.dot(delta3)
        db2 = np.sum(delta3, axis=0, keepdims=True)
        delta2 = delta3.dot(self.W2.T) * self.diff_actFun(self.z1, self.actFun_type)
        return X.T.dot(delta2), dW2, np.sum(delta2, axis=0), db2

    def fit_model(self, X, y, epsilon=0.01, num_passes=20000, print_loss=True):
        for i in range(0, num_passes):
            self.feedforward(X, lambda x: self.actFun(x, type=self.actFun_type))
            dW1, dW2, db1, db2 = self.backprop(X, y)
            dW2 += self.reg_lambda * self.W2
            dW1 += self.reg_lambda * self.W1
            self.W1 += -epsilon * dW1
            self.b1 += -epsilon * db1
            self.W2 += -epsilon * dW2
            self.b2 += -epsilon * db2
            if print_loss and i % 1000 == 0:
                print("Loss after iteration %i: %f" % (i, self.calculate_loss(X, y)))

actFun = NeuralNetwork.actFun


# %% right clipped
# Clips the exponent; a dictionary of functions.
FUNCTIONS = {
    'TANH': np.tanh,
    'SIGMOID': lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500))),
    'RELU': lambda z: z * (z > 0),
}

@add_to(NeuralNetwork)
def actFun(self, z, type):
    return FUNCTIONS[type.upper()](z)


# %% right overflow_warning
# The plain formula: a warning, but the right limit.
@add_to(NeuralNetwork)
def actFun(self, z, type):
    out = None
    if type.lower() == 'tanh':
        out = np.sinh(np.clip(z, -50, 50)) / np.cosh(np.clip(z, -50, 50))
    elif type.lower() == 'sigmoid':
        out = np.power(1 + np.exp(-z), -1.0)
    elif type.lower() == 'relu':
        out = (np.abs(z) + z) / 2
    else:
        raise ValueError('unknown activation ' + type)
    return out


# %% right copied_and_masked
# Copies, then masks; set as an attribute of the class by hand.
def actFun(self, z, type):
    a = np.array(z, dtype=float)
    k = type.casefold()
    if k == "relu":
        a[a < 0] = 0
    elif k == "sigmoid":
        a = np.tanh(a / 2) / 2 + 0.5
    else:
        a = np.tanh(a)
    return a

NeuralNetwork.actFun = actFun
