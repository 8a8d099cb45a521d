# defines: update
# %% wrong state_made_anew expects=state_forgotten
# Both moments start from zero at each call.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
    elif self.opt == 'Adam':
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = getattr(self, 't', 0) + 1
        for k in self.params:
            g = self.gradients[k]
            self.m[k] = b1 * self.m[k] + (1 - b1) * g
            self.v[k] = b2 * self.v[k] + (1 - b2) * g ** 2
            m_hat = self.m[k] / (1 - b1 ** self.t)
            v_hat = self.v[k] / (1 - b2 ** self.t)
            self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong uncorrected expects=no_bias_correction
# The bias correction is missing: the first step is 3.16 times as long.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
    else:
        if not hasattr(self, 'm'):
            self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
            self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        for k in self.params:
            g = self.gradients[k]
            self.m[k] = b1 * self.m[k] + (1 - b1) * g
            self.v[k] = b2 * self.v[k] + (1 - b2) * g ** 2
            self.params[k] = self.params[k] - lr * self.m[k] / (np.sqrt(self.v[k]) + eps)


# %% wrong starts_at_two expects=t_starts_at_two
# t begins with 1 and is raised before its first use.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 1
    self.t += 1
    for k in self.params:
        g = self.gradients[k]
        self.m[k] = b1 * self.m[k] + (1 - b1) * g
        self.v[k] = b2 * self.v[k] + (1 - b2) * g ** 2
        m_hat = self.m[k] / (1 - b1 ** self.t)
        v_hat = self.v[k] / (1 - b2 ** self.t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong counted_for_each_array expects=t_counts_parameters
# One counter for all parameters, raised inside the loop: it runs eight times too fast.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 0
    for k in self.params:
        self.t += 1
        g = self.gradients[k]
        self.m[k] = b1 * self.m[k] + (1 - b1) * g
        self.v[k] = b2 * self.v[k] + (1 - b2) * g ** 2
        m_hat = self.m[k] / (1 - b1 ** self.t)
        v_hat = self.v[k] / (1 - b2 ** self.t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong always_the_first_step expects=t_stays_one
# t = 1 at every call: the correction never fades.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
    t = 1
    for k in self.params:
        g = self.gradients[k]
        self.m[k] = b1 * self.m[k] + (1 - b1) * g
        self.v[k] = b2 * self.v[k] + (1 - b2) * g ** 2
        m_hat = self.m[k] / (1 - b1 ** t)
        v_hat = self.v[k] / (1 - b2 ** t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong weights_by_adam_alone expects=adam_without_biases
# Biases are left out; trains well.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m, self.v, self.t = {}, {}, 0
    self.t += 1
    for i in range(1, self.num_layers + 1):
        k = f'W{i}'
        g = self.gradients[k]
        self.m[k] = b1 * self.m.get(k, 0) + (1 - b1) * g
        self.v[k] = b2 * self.v.get(k, 0) + (1 - b2) * g * g
        step = self.m[k] / (1 - b1 ** self.t) / (np.sqrt(self.v[k] / (1 - b2 ** self.t)) + eps)
        self.params[k] = self.params[k] - lr * step


# %% wrong square_forgotten expects=v_without_the_square
# The second moment averages the gradient itself: the root of negative numbers is nan.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 0
    self.t += 1
    for k in self.params:
        g = self.gradients[k]
        self.m[k] = b1 * self.m[k] + (1 - b1) * g
        self.v[k] = b2 * self.v[k] + (1 - b2) * g
        m_hat = self.m[k] / (1 - b1 ** self.t)
        v_hat = self.v[k] / (1 - b2 ** self.t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong root_forgotten expects=root_of_v_forgotten
# Divides by the second moment instead of its root.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 0
    self.t += 1
    for k in self.params:
        g = self.gradients[k]
        self.m[k] = b1 * self.m[k] + (1 - b1) * g
        self.v[k] = b2 * self.v[k] + (1 - b2) * g ** 2
        m_hat = self.m[k] / (1 - b1 ** self.t)
        v_hat = self.v[k] / (1 - b2 ** self.t)
        self.params[k] = self.params[k] - lr * m_hat / (v_hat + eps)


# %% wrong betas_swapped expects=betas_exchanged
# b2 for the mean and b1 for the squares.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 0
    self.t += 1
    for k in self.params:
        g = self.gradients[k]
        self.m[k] = b2 * self.m[k] + (1 - b2) * g
        self.v[k] = b1 * self.v[k] + (1 - b1) * g ** 2
        m_hat = self.m[k] / (1 - b2 ** self.t)
        v_hat = self.v[k] / (1 - b1 ** self.t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong one_state_for_all_networks
# Module-level state: a second network goes on with the moments of the first.
adam_m, adam_v, adam_t = {}, {}, [0]

@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    adam_t[0] += 1
    t = adam_t[0]
    for k, g in self.gradients.items():
        adam_m[k] = b1 * adam_m.get(k, 0) + (1 - b1) * g
        adam_v[k] = b2 * adam_v.get(k, 0) + (1 - b2) * g ** 2
        m_hat, v_hat = adam_m[k] / (1 - b1 ** t), adam_v[k] / (1 - b2 ** t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong adam_for_everybody expects=adam_always
# Does not ask for self.opt: SGD is Adam too.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if not hasattr(self, 'm'):
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 0
    self.t += 1
    for k in self.params:
        g = self.gradients[k]
        self.m[k] = b1 * self.m[k] + (1 - b1) * g
        self.v[k] = b2 * self.v[k] + (1 - b2) * g ** 2
        m_hat = self.m[k] / (1 - b1 ** self.t)
        v_hat = self.v[k] / (1 - b2 ** self.t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong betas_typed_in expects=betas_typed_in
# The arguments b1 and b2 do nothing; trains well, since the defaults are the same.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 0
    self.t += 1
    for k in self.params:
        g = self.gradients[k]
        self.m[k] = 0.9 * self.m[k] + 0.1 * g
        self.v[k] = 0.999 * self.v[k] + 0.001 * g ** 2
        m_hat = self.m[k] / (1 - 0.9 ** self.t)
        v_hat = self.v[k] / (1 - 0.999 ** self.t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% wrong moments_shared expects=one_pair_for_all
# One m and one v, overwritten by each parameter in turn: crashes, since shapes differ.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'SGD':
        for k in self.params:
            self.params[k] = self.params[k] - lr * self.gradients[k]
        return
    if not hasattr(self, 'm'):
        self.m, self.v, self.t = 0, 0, 0
    self.t += 1
    for k in self.params:
        g = self.gradients[k]
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g ** 2
        m_hat = self.m / (1 - b1 ** self.t)
        v_hat = self.v / (1 - b2 ** self.t)
        self.params[k] = self.params[k] - lr * m_hat / (np.sqrt(v_hat) + eps)


# %% right helper_class
# An optimiser of its own for each parameter, kept in the network.
class Adam:
    def __init__(self, shape):
        self.first, self.second, self.steps = np.zeros(shape), np.zeros(shape), 0

    def __call__(self, grad, lr, b1, b2, eps):
        self.steps += 1
        self.first += (1 - b1) * (grad - self.first)
        self.second += (1 - b2) * (grad ** 2 - self.second)
        mean = self.first / (1 - b1 ** self.steps)
        spread = np.sqrt(self.second / (1 - b2 ** self.steps))
        return (lr * mean / (spread + eps)).astype(grad.dtype)


@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt == 'Adam' and not hasattr(self, 'optimisers'):
        self.optimisers = {k: Adam(p.shape) for k, p in self.params.items()}
    for k in self.params:
        if self.opt == 'Adam':
            self.params[k] = self.params[k] - self.optimisers[k](self.gradients[k], lr, b1, b2, eps)
        else:
            self.params[k] = self.params[k] - lr * self.gradients[k]


# %% right efficient_form
# The paper's remark: the corrections folded into the step length, eps scaled to match; in place.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt.lower() == 'sgd':
        for k, p in self.params.items():
            p -= lr * self.gradients[k]
        return
    state = self.__dict__.setdefault('adam_state', {})
    state['t'] = state.get('t', 0) + 1
    root = np.sqrt(1 - b2 ** state['t'])
    for k, p in self.params.items():
        m, v = state.setdefault(k, (np.zeros_like(p), np.zeros_like(p)))
        g = self.gradients[k]
        m *= b1
        m += (1 - b1) * g
        v *= b2
        v += (1 - b2) * g * g
        p -= lr * root / (1 - b1 ** state['t']) * m / (np.sqrt(v) + eps * root)


# %% right earlier_update_kept
# State in a dictionary of numbers that turn into arrays; SGD by the earlier method kept under another name.
sgd_update = NeuralNetwork.update

@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    if self.opt != 'Adam':
        return sgd_update(self, lr)
    if not hasattr(self, 'adam'):
        self.adam = {'t': 0, 'm': dict.fromkeys(self.params, 0.0), 'v': dict.fromkeys(self.params, 0.0)}
    self.adam['t'] += 1
    t, m, v = self.adam['t'], self.adam['m'], self.adam['v']
    for k in sorted(self.params):
        g = np.asarray(self.gradients[k], dtype=np.float64)
        m[k] = b1 * m[k] + (1 - b1) * g
        v[k] = b2 * v[k] + (1 - b2) * np.square(g)
        step = lr * (m[k] / (1 - b1 ** t)) / (np.sqrt(v[k] / (1 - b2 ** t)) + eps)
        self.params[k] = (self.params[k] - step).astype(self.params[k].dtype)


# %% right lists_of_moments
# Lists in the order of the parameters, made at the first call.
@add_to(NeuralNetwork)
def update(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    keys = [f'{letter}{i}' for i in range(1, self.num_layers + 1) for letter in 'Wb']
    if self.opt == 'SGD':
        for key in keys:
            self.params[key] = self.params[key] - lr * self.gradients[key]
    if self.opt == 'Adam':
        if getattr(self, 't', 0) == 0:
            self.t = 0
            self.ms = [np.zeros(self.params[key].shape, dtype=np.float32) for key in keys]
            self.vs = [np.zeros(self.params[key].shape, dtype=np.float32) for key in keys]
        self.t = self.t + 1
        for j, key in enumerate(keys):
            g = self.gradients[key]
            self.ms[j] = b1 * self.ms[j] + (1. - b1) * g
            self.vs[j] = b2 * self.vs[j] + (1. - b2) * g ** 2
            mhat = self.ms[j] / (1. - b1 ** self.t)
            vhat = self.vs[j] / (1. - b2 ** self.t)
            self.params[key] = self.params[key] - lr * mhat / (np.sqrt(vhat) + eps)
