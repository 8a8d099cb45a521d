# %% wrong natural expects=natural_logarithm
# np.log: "40 dB", and the images are blurred.
def psnr(x, out):
    mse = np.mean((x - out) ** 2)
    return 20 * np.log(1.0) - 10 * np.log(mse)


# %% wrong summed expects=sum_for_mean
# The training loss in the place of MSE.
def psnr(x, out):
    loss = np.sum((x - out) ** 2)
    return -10 * np.log10(loss)


# %% wrong brightest_pixel expects=own_maximum
# The maximum of this image.
def psnr(x, out):
    mse = np.mean((x - out) ** 2)
    return 20 * np.log10(x.max()) - 10 * np.log10(mse)


# %% wrong bytes expects=maximum_of_bytes
# 255, from a page about JPEG.
def psnr(x, out):
    return 20 * np.log10(255.0) - 10 * np.log10(np.mean((x - out) ** 2))


# %% wrong twenty expects=twenty_for_ten
# 20 before both logarithms.
def psnr(x, out):
    return 20 * np.log10(1) - 20 * np.log10(np.mean((x - out) ** 2))


# %% wrong root expects=ten_for_the_root
# 10 times the logarithm of RMSE.
def psnr(x, out):
    rmse = np.sqrt(((x - out) ** 2).mean())
    return 10 * np.log10(1 / rmse)


# %% wrong upside_down expects=sign_lost
# 10 log10(MSE): a better image gets a smaller number.
def psnr(x, out):
    return 10 * np.log10(((x - out) ** 2).mean())


# %% wrong rows_first expects=mean_of_rows
# Averages over rows after the logarithm.
def psnr(x, out):
    mse = ((x - out) ** 2).mean(axis=-1)
    return (-10 * np.log10(mse)).mean()


# %% wrong capped expects=infinity_avoided
# A cap of 100 dB for equal images, as in many snippets.
def psnr(x, out):
    mse = np.mean((x - out) ** 2)
    if mse == 0:
        return 100
    return 20 * np.log10(1.0 / np.sqrt(mse))


# %% right root_and_division
# 20 log10(MAX / RMSE), warning included.
def psnr(x, out):
    rmse = np.sqrt(np.mean(np.square(np.asarray(x, float) - np.asarray(out, float))))
    return 20 * np.log10(np.divide(1.0, rmse))


# %% right with_math
# math.log10 and a case for equal images.
import math

def psnr(x, out):
    difference = np.ravel(x) - np.ravel(out)
    mse = float(difference @ difference) / difference.size
    return math.inf if mse == 0 else 20 * math.log10(1) - 10 * math.log10(mse)


# %% right library
# scikit-image's own function.
def psnr(x, out):
    return peak_signal_noise_ratio(x, out, data_range=1)
