# %% wrong scattered expects=inverse_order
# The inverse permutation.
def shuffle_pixels(images, order):
    flat = np.zeros((len(images), 784), images.dtype)
    flat[:, order] = images.reshape(-1, 784)
    return flat.reshape(-1, 28, 28)


# %% wrong flat expects=left_flat
# No way back to 28 x 28.
def shuffle_pixels(images, order):
    return images.reshape(len(images), 784)[:, order]


# %% wrong into_the_argument expects=shuffled_in_place
# images[:] = ...
def shuffle_pixels(images, order):
    flat = images.reshape(len(images), -1)
    flat[:] = flat[:, order]
    return images


# %% wrong drawn_for_each expects=order_drawn_anew
# A permutation of its own for each picture.
def shuffle_pixels(images, order):
    out = images.copy()
    for k in range(len(out)):
        out[k] = np.random.permutation(out[k].ravel()).reshape(28, 28)
    return out


# %% wrong unchanged expects=not_shuffled
# np.take gives a new array, which is dropped.
def shuffle_pixels(images, order):
    np.take(images.reshape(len(images), -1), order, axis=1)
    return images


# %% right by_take
# take_along_axis, float64.
def shuffle_pixels(images, order):
    flat = np.reshape(images, (len(images), -1)).astype(float)
    places = np.broadcast_to(order, flat.shape)
    return np.take_along_axis(flat, places, axis=1).reshape(len(images), 28, 28)


# %% right picture_by_picture
# A list comprehension.
def shuffle_pixels(images, order):
    return np.array([image.flatten()[list(order)].reshape(28, 28) for image in images])
