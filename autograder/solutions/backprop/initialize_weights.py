# %% wrong normal_weights expects=normal_distribution
# The right variance from the wrong distribution; trains as well as the right one.
def initialize_weights(in_size, out_size, params, name=''):
    std = np.sqrt(2 / (in_size + out_size))
    params['W' + name] = np.random.randn(in_size, out_size) * std
    params['b' + name] = np.zeros(out_size)


# %% wrong forgot_root expects=root_forgotten
# The bound is 6/(in+out), not its root.
def initialize_weights(in_size, out_size, params, name=''):
    bound = 6 / (in_size + out_size)
    params['W' + name] = np.random.uniform(-bound, bound, size=(in_size, out_size))
    params['b' + name] = np.zeros(out_size)


# %% wrong std_as_bound expects=deviation_as_limit
# Takes the standard deviation for the bound, so the weights are sqrt(3) too small; trains well.
def initialize_weights(in_size, out_size, params, name=''):
    # Var[w] = 2 / (n_in + n_out)
    var = 2.0 / (in_size + out_size)
    std = var**0.5
    W = np.random.uniform(low=-std, high=std, size=(in_size, out_size))
    b = np.zeros((out_size,))
    params['W' + name], params['b' + name] = W, b


# %% wrong all_zero expects=zero_weights
# Zeros, so that all hidden units stay the same.
def initialize_weights(in_size, out_size, params, name=''):
    params['W' + name] = np.zeros((in_size, out_size))
    params['b' + name] = np.zeros(out_size)


# %% wrong column_convention expects=transposed_weights
# W as (out, in), as for column vectors.
def initialize_weights(in_size, out_size, params, name=''):
    limit = np.sqrt(6. / (in_size + out_size))
    params['W' + name] = np.random.uniform(-limit, limit, (out_size, in_size))
    params['b' + name] = np.zeros(out_size)


# %% wrong half_the_interval expects=positive_weights
# rand() times the bound: never negative.
def initialize_weights(in_size, out_size, params, name=''):
    a = np.sqrt(6 / (in_size + out_size))
    params['W' + name] = a * np.random.rand(in_size, out_size)
    params['b' + name] = np.zeros(out_size)


# %% wrong drawn_bias expects=random_biases
# The biases are drawn too; trains well.
def initialize_weights(in_size, out_size, params, name=''):
    a = np.sqrt(6 / (in_size + out_size))
    params['W' + name] = np.random.uniform(-a, a, (in_size, out_size))
    params['b' + name] = np.random.uniform(-a, a, out_size)


# %% wrong bias_as_row expects=bias_with_two_axes
# b has shape (1, out); broadcasting hides it until gradients grow to that shape; trains well.
def initialize_weights(in_size, out_size, params, name=''):
    a = np.sqrt(6 / (in_size + out_size))
    params['W' + name] = np.random.uniform(-a, a, (in_size, out_size))
    params['b' + name] = np.zeros((1, out_size))


# %% wrong returns_them expects=returned_not_stored
# Returns the arrays and leaves params empty.
def initialize_weights(in_size, out_size, params, name=''):
    lim = np.sqrt(6 / (in_size + out_size))
    W = np.random.uniform(-lim, lim, size=(in_size, out_size))
    b = np.zeros(out_size)
    return W, b


# %% wrong one_layer_only expects=name_not_in_the_keys
# Stores 'W' and 'b' whatever the name: the second layer overwrites the first.
def initialize_weights(in_size, out_size, params, name=''):
    lim = np.sqrt(6 / (in_size + out_size))
    params['W'] = np.random.uniform(-lim, lim, size=(in_size, out_size))
    params['b'] = np.zeros(out_size)


# %% wrong size_as_arguments
# Crashes: uniform() takes its size as one tuple.
def initialize_weights(in_size, out_size, params, name=''):
    bound = np.sqrt(6 / (in_size + out_size))
    params['W' + name] = np.random.uniform(-bound, bound, in_size, out_size)
    params['b' + name] = np.zeros(out_size)


# %% wrong one_column_repeated expects=repeated_weights
# One column of random numbers, repeated: every hidden unit computes the same.
def initialize_weights(in_size, out_size, params, name=''):
    lim = np.sqrt(6 / (in_size + out_size))
    col = np.random.uniform(-lim, lim, (in_size, 1))
    params['W' + name] = np.repeat(col, out_size, axis=1)
    params['b' + name] = np.zeros(out_size)


# %% wrong root_in_the_wrong_place expects=root_of_the_six_alone
# sqrt(6)/(in+out): a misplaced parenthesis.
def initialize_weights(in_size, out_size, params, name=''):
    lim = np.sqrt(6) / (in_size + out_size)
    params['W' + name] = np.random.uniform(-lim, lim, (in_size, out_size))
    params['b' + name] = np.zeros(out_size)


# %% wrong only_fan_in expects=fan_in_only
# sqrt(6/in), as in He's rule for relu.
def initialize_weights(in_size, out_size, params, name=''):
    lim = np.sqrt(6 / in_size)
    params['W' + name] = lim * (2 * np.random.random_sample((in_size, out_size)) - 1)
    params['b' + name] = np.zeros(out_size)


# %% wrong misprinted_variance expects=sizes_multiplied
# Var = 2/(in*out + out), as one homework sheet prints it.
def initialize_weights(in_size, out_size, params, name=''):
    var = 2 / (in_size * out_size + out_size)
    half_width = np.sqrt(3 * var)
    params['W' + name] = np.random.uniform(-half_width, half_width, size=(in_size, out_size))
    params['b' + name] = np.zeros(out_size)


# %% wrong minus_one_to_one expects=unscaled_weights
# Any random numbers: no scale.
def initialize_weights(in_size, out_size, params, name=''):
    params['W' + name] = np.random.uniform(-1, 1, size=(in_size, out_size))
    params['b' + name] = np.zeros(out_size)


# %% wrong reproducible expects=seeded_weights
# Seeds at each call, so layers of the same size are the same.
def initialize_weights(in_size, out_size, params, name=''):
    rng = np.random.default_rng(1234)
    b = np.sqrt(6 / (in_size + out_size))
    params['W' + name] = rng.uniform(-b, b, size=(in_size, out_size))
    params['b' + name] = np.zeros(out_size)


# %% wrong randn_times_a_hundredth expects=unscaled_normal_weights
# 0.01 * randn, as in many a tutorial; trains well.
def initialize_weights(in_size, out_size, params, name=''):
    params['W' + name] = 0.01 * np.random.randn(in_size, out_size)
    params['b' + name] = np.zeros(out_size)


# %% wrong one_number_for_all expects=repeated_weights
# A single draw, since uniform() got no size.
def initialize_weights(in_size, out_size, params, name=''):
    lim = np.sqrt(6 / (in_size + out_size))
    params['W' + name] = np.full((in_size, out_size), np.random.uniform(-lim, lim))
    params['b' + name] = np.zeros(out_size)


# %% right own_generator
# A generator of the student's own, seeded once outside.
rng = np.random.default_rng(12345)

def initialize_weights(in_size, out_size, params, name=''):
    limit = np.sqrt(6 / (in_size + out_size))
    params['W' + name] = rng.uniform(-limit, limit, (in_size, out_size))
    params['b' + name] = np.zeros(out_size)


# %% right scaled_rand
# rand() stretched to the interval.
def initialize_weights(in_size, out_size, params, name=''):
    W = np.random.rand(in_size, out_size)        # 0..1
    W = 2 * W - 1                                # -1..1
    W *= np.sqrt(6) / np.sqrt(in_size + out_size)
    params['W' + name], params['b' + name] = W, np.zeros_like(W[0])


# %% right one_number_at_a_time
# Python's own random module, in two loops, into arrays made beforehand.
import random

def initialize_weights(in_size, out_size, params, name=''):
    r = (6 / (in_size + out_size)) ** 0.5
    params['W' + name] = np.empty((in_size, out_size))
    params['b' + name] = np.array([0.0 for _ in range(out_size)])
    for i in range(in_size):
        for j in range(out_size):
            params['W' + name][i, j] = random.uniform(-r, r)


# %% right drawn_transposed_and_more_keys
# A transposed view of a (out, in) draw, with further keys in params.
def xavier(fan_in, fan_out):
    return np.sqrt(6.0 / (fan_in + fan_out))

def initialize_weights(in_size, out_size, params, name=''):
    x = xavier(in_size, out_size)
    params['W' + name] = np.random.uniform(-x, x, (out_size, in_size)).T
    params['b' + name] = np.full(out_size, 0.)
    params['limit_' + name] = x
    params['shape_' + name] = (in_size, out_size)


# %% right single_precision
# float32 weights and a float32 bias, as deep learning libraries have.
def initialize_weights(in_size, out_size, params, name=''):
    a = 0.999999 * np.sqrt(6 / (in_size + out_size))  # float32 must not round beyond the bound
    params[f'W{name}'] = np.random.uniform(-a, a, [in_size, out_size]).astype(np.float32)
    params[f'b{name}'] = np.zeros(out_size, dtype=np.float32)
