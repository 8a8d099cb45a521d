# %% wrong mean_squared expects=loss_averaged
# np.mean, out of habit.
def autoencoder_loss_and_delta(x, out):
    return np.mean(np.square(x - out)), 2 * (out - x)


# %% wrong mse_all_the_way expects=loss_averaged
# Loss and delta of the mean.
def autoencoder_loss_and_delta(x, out):
    n = x.shape[0] * x.shape[1]
    loss = np.sum((x - out) ** 2) / n
    delta = 2 * (out - x) / n
    return loss, delta


# %% wrong average_of_the_batch expects=loss_per_image
# Divides by the rows.
def autoencoder_loss_and_delta(x, out):
    loss = ((out - x) ** 2).sum(axis=1).mean()
    return loss, 2 * (out - x)


# %% wrong physicists_half expects=loss_halved
# The half that makes the slope simple.
def autoencoder_loss_and_delta(x, out):
    diff = out - x
    return 0.5 * np.sum(diff * diff), diff


# %% wrong no_two expects=two_forgotten
# The derivative without its factor.
def autoencoder_loss_and_delta(x, out):
    d = out - x
    return (d ** 2).sum(), d


# %% wrong target_minus_output expects=delta_of_the_wrong_sign
# x - out: training climbs.
def autoencoder_loss_and_delta(x, out):
    loss = np.sum((x - out) ** 2)
    delta = 2 * (x - out)
    return loss, delta


# %% wrong a_loss_for_each_row expects=loss_not_added_up
# Sums over the pixels only.
def autoencoder_loss_and_delta(x, out):
    return ((x - out) ** 2).sum(axis=1), 2 * (out - x)


# %% wrong euclid expects=root_of_the_total
# The norm instead of its square.
def autoencoder_loss_and_delta(x, out):
    return np.linalg.norm(x - out), 2 * (out - x)


# %% wrong minus_equals expects=arguments_changed
# Saves memory at the caller's cost.
def autoencoder_loss_and_delta(x, out):
    out -= x
    loss = np.sum(out ** 2)
    out *= 2
    return loss, out


# %% right vdot
# The total as a scalar product, a list returned.
def autoencoder_loss_and_delta(x, out):
    d = np.subtract(out, x)
    return [float(np.vdot(d, d)), d + d]


# %% right looped
# Row by row.
def autoencoder_loss_and_delta(x, out):
    total, delta = 0.0, np.zeros(np.shape(out))
    for i in range(len(x)):
        total += sum((out[i] - x[i]) ** 2)
        delta[i] = -2 * (x[i] - out[i])
    return np.array([total]), delta
