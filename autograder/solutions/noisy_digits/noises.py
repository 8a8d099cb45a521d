# defines: salt_and_pepper

# %% wrong forgot_the_decorator expects=too_few_kinds
# Without @noise, nothing enters NOISES.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def blur(images, rng):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, *[rng.uniform(0.5, 2)] * 2))


def patch(images, rng):
    out = images.copy()
    for image in out:
        r, c = rng.integers(0, 18, 2)
        image[r:r + 10, c:c + 10] = rng.random()
    return out


# %% wrong no_clip expects=not_clipped
# Strong noise, and no np.clip.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def blur(images, rng):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, *[rng.uniform(0.5, 2)] * 2))


@noise
def speckle(images, rng):
    return images * (1 + rng.normal(0, 0.8, images.shape))


# %% wrong in_place expects=noise_written_in_place
# Writes into the clean pictures.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def blur(images, rng):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, *[rng.uniform(0.5, 2)] * 2))


@noise
def patch(images, rng):
    out = images
    for image in out:
        r, c = rng.integers(0, 18, 2)
        image[r:r + 10, c:c + 10] = rng.random()
    return out


# %% wrong seeded expects=generator_made_anew
# default_rng(0) inside the function.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def blur(images, rng):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, *[rng.uniform(0.5, 2)] * 2))


@noise
def patch(images, rng):
    rng = np.random.default_rng(0)
    out = images.copy()
    for image in out:
        r, c = rng.integers(0, 18, 2)
        image[r:r + 10, c:c + 10] = rng.random()
    return out


# %% wrong too_strong expects=digit_destroyed
# Standard deviation 30: black and white snow.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def blur(images, rng):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, *[rng.uniform(0.5, 2)] * 2))


@noise
def snow(images, rng):
    return np.clip(images + rng.normal(0, 30, images.shape), 0, 1)


# %% wrong entered_twice expects=same_kind_twice
# The same fog under two names.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def fog(images, rng):
    k = rng.uniform(0.3, 0.8)
    return 0.9 - k + k * images


@noise
def haze(images, rng):
    return fog(images, rng)


# %% wrong result_dropped expects=noise_without_effect
# np.clip without out= gives a new array.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def blur(images, rng):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, *[rng.uniform(0.5, 2)] * 2))


@noise
def brighter(images, rng):
    np.clip(images + rng.uniform(0, 0.5), 0, 1)
    return images


# %% wrong cropped expects=pictures_lost
# A zoom that forgets to enlarge again.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def blur(images, rng):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, *[rng.uniform(0.5, 2)] * 2))


@noise
def zoom(images, rng):
    k = rng.integers(1, 4)
    return images[:, k:-k, k:-k]


# %% right everything_at_once
# Seven kinds, rotation and inversion among them, float64.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def blur(images, rng):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, *[rng.uniform(0.5, 2)] * 2))


@noise
def fog(images, rng):
    k = rng.uniform(0.2, 0.8)
    return 1 - k + k * images


@noise
def patch(images, rng):
    out = images.copy()
    for image in out:
        r, c = rng.integers(0, 18, 2)
        image[r:r + 10, c:c + 10] = rng.random()
    return out


@noise
def turned(images, rng):
    from scipy.ndimage import rotate

    return np.clip([rotate(image, rng.uniform(-30, 30), reshape=False, order=1) for image in images], 0, 1)


@noise
def lines(images, rng):
    out = np.array(images, dtype=float)
    out[np.arange(len(out)), rng.integers(28, size=len(out))] = 1
    return out


# %% right strength_by_batch
# One strength for the whole batch, torch's blur, shifts by np.roll.
@noise
def salt_and_pepper(images, rng):
    u = rng.random(images.shape)
    return np.where(u < 0.1, 0.0, np.where(u > 0.9, 1.0, images))


@noise
def soft(images, rng):
    k = int(rng.integers(1, 3))
    x = torch.from_numpy(np.asarray(images, dtype=np.float32))[:, None]
    x = F.avg_pool2d(x, 2 * k + 1, stride=1, padding=k)
    return (x[:, 0].numpy() + rng.normal(0, 0.01, images.shape)).clip(0, 1)


@noise
def roll(images, rng):
    return np.stack([np.roll(image, tuple(rng.integers(-5, 6, 2)), (0, 1)) for image in images])
