# %% wrong sigma_as_variance expects=sigma_is_the_variance
# The root of sigma: 10 becomes 3.16, and 1 stays.
def get_B_dict(size):
    B_dict = {}
    B_dict['none'] = None
    B_dict['basic'] = np.eye(2)
    for sigma in (1.0, 10.0):
        B_dict[f'gauss_{sigma}'] = np.random.randn(size, 2) * np.sqrt(sigma)
    return B_dict


# %% wrong sigma_squared expects=sigma_squared
# sigma ** 2 where normal wants sigma: 10 becomes 100.
def get_B_dict(size):
    return {
        'none': None,
        'basic': np.eye(2),
        'gauss_1.0': np.random.normal(0, 1.0 ** 2, (size, 2)),
        'gauss_10.0': np.random.normal(0, 10.0 ** 2, (size, 2)),
    }


# %% wrong axes_swapped expects=matrices_transposed
# (2, size) instead of (size, 2).
def get_B_dict(size):
    B_dict = {'none': None, 'basic': np.eye(2)}
    B_dict['gauss_1.0'] = np.random.normal(scale=1.0, size=(2, size))
    B_dict['gauss_10.0'] = np.random.normal(scale=10.0, size=(2, size))
    return B_dict


# %% wrong sigma_left_out expects=one_sigma_for_both
# Both Gaussian mappings are the same standard normal numbers.
def get_B_dict(size):
    B = {'none': None, 'basic': np.eye(2)}
    for scale in [1.0, 10.0]:
        B['gauss_' + str(scale)] = np.random.randn(size, 2)
    return B


# %% wrong uniform expects=uniform_from_zero
# np.random.rand: uniform between 0 and 1, no negative numbers.
def get_B_dict(size):
    B = {'none': None, 'basic': np.eye(2)}
    B['gauss_1.0'] = np.random.rand(size, 2) * 1.0
    B['gauss_10.0'] = np.random.rand(size, 2) * 10.0
    return B


# %% wrong none_is_a_matrix expects=none_is_a_matrix
# No mapping is not the identity matrix: input_mapping would take sin and cos of it.
def get_B_dict(size):
    return {'none': np.eye(2), 'basic': np.eye(2),
            'gauss_1.0': np.random.normal(0, 1, (size, 2)), 'gauss_10.0': np.random.normal(0, 10, (size, 2))}


# %% wrong basic_of_the_mapping_size expects=identity_of_mapping_size
# np.eye(size, 2): two rows of the identity and zeros below.
def get_B_dict(size):
    B_dict = {}
    B_dict['none'] = None
    B_dict['basic'] = np.eye(size, 2)
    B_dict['gauss_1.0'] = np.random.normal(0, 1, (size, 2))
    B_dict['gauss_10.0'] = np.random.normal(0, 10, (size, 2))
    return B_dict


# %% wrong whole_number_keys expects=keys_without_the_point
# 'gauss_1' and 'gauss_10' instead of 'gauss_1.0' and 'gauss_10.0'.
def get_B_dict(size):
    B_dict = {'none': None, 'basic': np.eye(2)}
    for sigma in (1, 10):
        B_dict[f'gauss_{sigma}'] = np.random.normal(0, sigma, (size, 2))
    return B_dict


# %% wrong half_the_size expects=half_of_the_rows
# Counts sin and cos into the size: half as many rows.
def get_B_dict(size):
    B_dict = {'none': None, 'basic': np.eye(2)}
    for sigma in (1.0, 10.0):
        B_dict[f'gauss_{sigma}'] = np.random.normal(0, sigma, (size // 2, 2))
    return B_dict


# %% wrong sigma_as_mean expects=sigma_is_the_mean
# normal(sigma): its first argument is the mean.
def get_B_dict(size):
    B_dict = {'none': None, 'basic': np.eye(2)}
    for sigma in (1.0, 10.0):
        B_dict[f'gauss_{sigma}'] = np.random.normal(sigma, size=(size, 2))
    return B_dict


# %% right one_draw_scaled
# The paper's own code: one draw, scaled by each sigma.
def get_B_dict(size):
    B_gauss = np.random.normal(size=(size, 2)).astype(np.float32)
    B_dict = {'none': None, 'basic': np.eye(2, dtype=np.float32)}
    for scale in [1., 10.]:
        B_dict['gauss_' + str(scale)] = B_gauss * scale
    return B_dict


# %% right generator
# A generator of its own, a matrix written out, and one mapping more.
def get_B_dict(size):
    rng = np.random.default_rng()
    mappings = {f"gauss_{s:.1f}": rng.normal(0.0, s, size=(size, 2)) for s in (1, 10, 100)}
    return mappings | {"none": None, "basic": np.array([[1.0, 0.0], [0.0, 1.0]])}


# %% right column_by_column
# Box and Muller's method, an integer identity, a defaultdict.
from collections import defaultdict


def gauss(n):
    u, v = 1 - np.random.random(n), np.random.random(n)
    return np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)


def get_B_dict(size):
    B = defaultdict(lambda: None)
    B['none'] = None
    B['basic'] = np.identity(2, dtype=int)
    for name, sigma in (('gauss_1.0', 1), ('gauss_10.0', 10)):
        B[name] = sigma * np.stack([gauss(size), gauss(size)], axis=1)
    return B
