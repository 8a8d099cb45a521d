# %% wrong natural_log expects=natural_logarithm
# np.log is the natural logarithm: every value is 2.3 times too large.
def psnr(y, p):
    mse = np.mean((y - p) ** 2)
    return -10 * np.log(mse)


# %% wrong twenty expects=twice_the_decibels
# 20 log10 belongs to the root of the mean squared error: all values doubled.
def psnr(y, p):
    return -20 * np.log10(np.mean(np.square(y - p)))


# %% wrong of_half_the_error expects=of_half_the_error
# The loss of the course's other convention, with its 1/2: 3 dB too high.
def psnr(y, p):
    loss = 0.5 * np.mean((p - y) ** 2)
    return -10. * np.log10(loss)


# %% wrong of_twice_the_error expects=of_twice_the_error
# "2 * mse", copied from a notebook whose loss has the factor 1/2: 3 dB too low.
def psnr(y, p):
    mse = ((y - p)**2).mean()
    return -10 * np.log10(2. * mse)


# %% wrong sign_lost expects=wrong_sign
# A better picture gets a smaller number.
def psnr(y, p):
    err = y - p
    return 10 * np.log10(np.mean(err * err))


# %% wrong channels_summed expects=summed_over_channels
# Sums the three channels before the mean over pixels: 4.8 dB too low.
def psnr(y, p):
    sq = np.sum((y - p) ** 2, axis=-1)
    return -10 * np.log10(np.mean(sq))


# %% wrong per_channel_average expects=channels_averaged_in_decibels
# Averages the decibels of the three channels instead of their errors.
def psnr(y, p):
    diff = (y - p).reshape(-1, y.shape[-1])
    values = -10 * np.log10((diff ** 2).mean(axis=0))
    return values.mean()


# %% wrong summed_error expects=of_the_sum
# The error is added up, so that the number depends on the picture's size.
def psnr(y, p):
    sse = np.sum((y - p) ** 2)
    return -10 * np.log10(sse)


# %% wrong root_and_ten expects=half_the_decibels
# 10 log10 of the root: half of what it should be.
def psnr(y, p):
    rmse = np.sqrt(np.mean((y - p)**2))
    return 10 * np.log10(1 / rmse)


# %% wrong bytes_peak expects=peak_of_255
# A peak of 255 for pixels between 0 and 1.
def psnr(y, p):
    max_pixel = 255.0
    mse = np.mean((y - p) ** 2)
    return 20 * np.log10(max_pixel / np.sqrt(mse))


# %% wrong absolute_error expects=of_the_absolute_error
# The mean absolute error in the place of the squared one.
def psnr(y, p):
    return -10 * np.log10(np.mean(np.abs(y - p)))


# %% right twenty_log_of_root
# The textbook's form with the peak and the root.
def psnr(y, p):
    MAX = 1.0
    rmse = np.sqrt(((p - y) ** 2).mean())
    return float(20 * np.log10(MAX / rmse))


# %% right pure_python
# Loops over the numbers, and math's logarithm.
import math


def psnr(y, p):
    total, count = 0.0, 0
    for a, b in zip(np.asarray(y).flatten().tolist(), np.asarray(p).flatten().tolist()):
        total += (a - b) ** 2
        count += 1
    return -10 * math.log(total / count, 10)


# %% right change_of_base
# Natural logarithms with a change of base; the norm of the difference; a 0-d array comes back.
def psnr(y, p):
    d = np.linalg.norm((np.asarray(y, np.float64) - p).ravel())
    return np.array(-10 * (2 * np.log(d) - np.log(y.size)) / np.log(10))


# %% right undo_the_half
# Keeps the half of the course's other convention for the loss, and takes it out again for the decibels.
def half_mse(y, p):
    return 0.5 * ((y - p) ** 2).mean()


def psnr(y, p):
    return -10 * np.log10(2 * half_mse(y, p))
