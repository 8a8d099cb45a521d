# %% wrong linspace_to_one expects=end_point_included
# linspace includes its end: coordinates in [0, 1], spaced by 1/31.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    coords = np.linspace(0, 1, size)
    x_test = np.stack(np.meshgrid(coords, coords), -1).astype(np.float32)
    test_data = [x_test, img]
    train_data = [x_test[::2, ::2], img[::2, ::2]]
    return train_data, test_data


# %% wrong rows_first expects=x_and_y_exchanged
# indexing='ij' puts the row into the first channel: x and y are swapped.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    c = np.arange(size, dtype=np.float32) / size
    grid = np.stack(np.meshgrid(c, c, indexing='ij'), axis=-1)
    return [grid[::2, ::2], img[::2, ::2]], [grid, img]


# %% wrong picture_transposed expects=picture_transposed
# The picture is turned instead of the coordinates: the same swap from the other side.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size).transpose(1, 0, 2)
    c = np.linspace(0, 1, size, endpoint=False)
    x, y = np.meshgrid(c, c)
    grid = np.dstack([x, y]).astype('float32')
    return [grid[::2, ::2], img[::2, ::2]], [grid, img]


# %% wrong trains_on_everything expects=train_on_all_pixels
# Both sets are the whole picture, so the test PSNR says nothing.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    coords = np.linspace(0, 1, size, endpoint=False)
    grid = np.stack(np.meshgrid(coords, coords), -1).astype(np.float32)
    train_data = [grid, img]
    test_data = [grid, img]
    return train_data, test_data


# %% wrong test_is_the_other_half expects=other_pixels_for_the_test
# The test set is the pixels between, shifted by one, and not the whole picture.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    c = np.arange(size) / size
    grid = np.stack(np.meshgrid(c, c), axis=-1).astype(np.float32)
    train_data = [grid[::2, ::2], img[::2, ::2]]
    test_data = [grid[1::2, 1::2], img[1::2, 1::2]]
    return train_data, test_data


# %% wrong rows_only expects=every_second_row_only
# [::2] halves the rows; the columns stay.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    c = np.linspace(0, 1, size, endpoint=False)
    grid = np.stack(np.meshgrid(c, c), -1).astype(np.float32)
    return [grid[::2], img[::2]], [grid, img]


# %% wrong starts_at_one expects=training_starts_at_one
# The training pixels begin with the second row and column.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    c = np.linspace(0, 1, size, endpoint=False)
    grid = np.stack(np.meshgrid(c, c), -1).astype(np.float32)
    return [grid[1::2, 1::2], img[1::2, 1::2]], [grid, img]


# %% wrong pixel_numbers expects=pixel_numbers
# Coordinates are column and row numbers from 0 to 31; the division is forgotten.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    ys, xs = np.mgrid[0:size, 0:size]
    grid = np.stack([xs, ys], axis=-1).astype(np.float32)
    return [grid[::2, ::2], img[::2, ::2]], [grid, img]


# %% wrong minus_one_to_one expects=from_minus_one
# Coordinates between -1 and 1, as in other coordinate networks.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    c = np.linspace(-1, 1, size, endpoint=False)
    grid = np.stack(np.meshgrid(c, c), -1).astype(np.float32)
    return [grid[::2, ::2], img[::2, ::2]], [grid, img]


# %% wrong cropped_for_training expects=upper_left_quarter
# The top left quarter of the picture is what trains.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    c = np.linspace(0, 1, size, endpoint=False)
    grid = np.stack(np.meshgrid(c, c), -1).astype(np.float32)
    h = size // 2
    return [grid[:h, :h], img[:h, :h]], [grid, img]


# %% wrong sets_in_the_wrong_order expects=test_data_first
# Returns the test set first.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    c = np.linspace(0, 1, size, endpoint=False)
    grid = np.stack(np.meshgrid(c, c), -1).astype(np.float32)
    train_data = [grid[::2, ::2], img[::2, ::2]]
    test_data = [grid, img]
    return test_data, train_data


# %% wrong back_to_bytes expects=colours_to_255
# Multiplies the pixels by 255.
def get_image(size=32, source="chelsea"):
    img = (load_image(source, size) * 255).astype(np.float32)
    c = np.linspace(0, 1, size, endpoint=False)
    grid = np.stack(np.meshgrid(c, c), -1).astype(np.float32)
    return [grid[::2, ::2], img[::2, ::2]], [grid, img]


# %% wrong always_the_cat expects=source_is_ignored
# source is not passed on.
def get_image(size=32, source="chelsea"):
    img = load_image("chelsea", size)
    c = np.linspace(0, 1, size, endpoint=False)
    grid = np.stack(np.meshgrid(c, c), -1).astype(np.float32)
    return [grid[::2, ::2], img[::2, ::2]], [grid, img]


# %% right mgrid
# np.mgrid, turned round; slices shared by a small function.
def get_image(size=32, source="chelsea"):
    img = load_image(source, size)
    grid = (np.mgrid[:size, :size][::-1] / size).transpose(1, 2, 0).astype(np.float32)
    every_other = lambda a: np.ascontiguousarray(a[::2, ::2])
    return [every_other(grid), every_other(img)], [grid, img]


# %% right loops
# Two loops over rows and columns.
def get_image(size=32, source="chelsea"):
    img = load_image(source=source, size=size)
    coords = np.zeros((size, size, 2), dtype=np.float32)
    for row in range(size):
        for col in range(size):
            coords[row, col, 0] = col / size
            coords[row, col, 1] = row / size
    train_data = [coords[0:size:2, 0:size:2, :], img[0:size:2, 0:size:2, :]]
    test_data = [coords, img]
    return train_data, test_data


# %% right indices_and_float64
# np.indices, float64 coordinates, tuples instead of lists.
def get_image(size=32, source="chelsea"):
    rgb = load_image(source, size)
    rows, cols = np.indices(rgb.shape[:2])
    xy = np.concatenate([cols[..., None], rows[..., None]], axis=2) / len(rgb)
    keep = np.arange(0, size, 2)
    return (xy[keep][:, keep], rgb[keep][:, keep]), (xy, rgb)


# %% right training_grid_of_its_own
# Makes the training grid directly: 2 i / size, with its own meshgrid.
def get_image(size=32, source="chelsea"):
    img = np.array(load_image(source, size), dtype=np.float32)

    def make_grid(values):
        x, y = np.meshgrid(values, values)
        return np.stack([x, y], axis=2)

    x_test = make_grid(np.arange(size, dtype=np.float32) / size)
    x_train = make_grid(np.arange(0, size, 2, dtype=np.float32) / size)
    return [x_train, img[::2, ::2]], [x_test, img]
