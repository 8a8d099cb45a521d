# %% wrong one_draw expects=one_kind_for_the_batch
# One kind for all of the batch.
def augment(images, rng, noises=NOISES):
    names = list(noises)
    return noises[names[rng.integers(len(names))]](images, rng)


# %% wrong concatenated expects=places_lost
# The pictures come back kind by kind.
def augment(images, rng, noises=NOISES):
    kind = rng.integers(len(noises), size=len(images))
    out = []
    for k, f in enumerate(noises.values()):
        out.extend(f(images[kind == k], rng))
    return np.array(out)


# %% wrong global_noises expects=argument_ignored
# Reads NOISES.
def augment(images, rng, noises=NOISES):
    kind = rng.integers(len(NOISES), size=len(images))
    out = images.copy()
    for k, f in enumerate(NOISES.values()):
        if np.any(kind == k):
            out[kind == k] = f(images[kind == k], rng)
    return out


# %% wrong chained expects=all_kinds_at_once
# Every kind on every picture.
def augment(images, rng, noises=NOISES):
    out = images.copy()
    for f in noises.values():
        out = f(out, rng)
    return out


# %% wrong no_copy expects=clean_pictures_overwritten
# No copy.
def augment(images, rng, noises=NOISES):
    kind = rng.integers(len(noises), size=len(images))
    for k, f in enumerate(noises.values()):
        if np.any(kind == k):
            images[kind == k] = f(images[kind == k], rng)
    return images


# %% wrong off_by_one expects=last_kind_never_drawn
# integers(1, n): the first kind is never drawn.
def augment(images, rng, noises=NOISES):
    names = list(noises)
    kind = rng.integers(1, len(names), size=len(images)) if len(names) > 1 else np.zeros(len(images), int)
    out = images.copy()
    for k in np.unique(kind):
        out[kind == k] = noises[names[k]](images[kind == k], rng)
    return out


# %% wrong in_turn expects=kinds_by_place
# Kinds in turn, not drawn.
def augment(images, rng, noises=NOISES):
    names = list(noises)
    return np.concatenate([noises[names[i % len(names)]](images[i:i + 1], rng) for i in range(len(images))])


# %% right one_at_a_time
# Picture by picture, by name.
def augment(images, rng, noises=NOISES):
    names = list(noises)
    return np.stack([noises[str(rng.choice(names))](image[np.newaxis], rng)[0] for image in images])


# %% right some_stay_clean
# Every tenth picture stays clean, kinds by a shuffled split.
def augment(images, rng, noises=NOISES):
    out = np.array(images)
    parts = np.array_split(rng.permutation(len(out)), len(noises))
    for f, rows in zip(noises.values(), parts):
        rows = rows[rng.random(len(rows)) < 0.9]
        if len(rows):
            out[rows] = f(out[rows], rng)
    return out


# %% right np_select
# All kinds for all pictures, then a choice.
def augment(images, rng, noises=NOISES):
    made = np.stack([f(images, rng) for f in noises.values()])
    return made[rng.integers(len(made), size=len(images)), np.arange(len(images))].astype(np.float32)
