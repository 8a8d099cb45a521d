# %% wrong dot_product expects=lengths_take_part
# No division by lengths.
def nearest(queries, database, k=5):
    return np.argsort(-(queries @ database.T), axis=1)[:, :k]


# %% wrong euclid expects=by_distance
# Distances.
def nearest(queries, database, k=5):
    d = np.sqrt(((queries[:, None, :] - database[None]) ** 2).sum(axis=2))
    return d.argsort(axis=1)[:, :k]


# %% wrong ascending expects=least_similar_first
# argsort as it is.
def nearest(queries, database, k=5):
    q = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    d = database / np.linalg.norm(database, axis=1, keepdims=True)
    return (q @ d.T).argsort(axis=1)[:, :k]


# %% wrong best_last expects=best_comes_last
# The last k of argsort.
def nearest(queries, database, k=5):
    q = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    d = database / np.linalg.norm(database, axis=1, keepdims=True)
    return (q @ d.T).argsort(axis=1)[:, -k:]


# %% wrong values expects=similarities_returned
# sort for argsort.
def nearest(queries, database, k=5):
    q = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    d = database / np.linalg.norm(database, axis=1, keepdims=True)
    return np.sort(q @ d.T, axis=1)[:, ::-1][:, :k]


# %% wrong columns expects=columns_normalised
# axis=0.
def nearest(queries, database, k=5):
    q = queries / np.linalg.norm(queries, axis=0)
    d = database / np.linalg.norm(database, axis=0)
    return np.argsort(-(q @ d.T), axis=1)[:, :k]


# %% wrong in_place expects=normalised_in_place
# /= on the arguments.
def nearest(queries, database, k=5):
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    database /= np.linalg.norm(database, axis=1, keepdims=True)
    return np.argsort(-(queries @ database.T), axis=1)[:, :k]


# %% wrong five expects=always_five
# k forgotten.
def nearest(queries, database, k=5):
    q = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    d = database / np.linalg.norm(database, axis=1, keepdims=True)
    return np.argsort(-(q @ d.T), axis=1)[:, :5]


# %% right database_alone
# The query's length changes no order.
def nearest(queries, database, k=5):
    unit = database / np.sqrt((database ** 2).sum(axis=1))[:, None]
    return np.array([sorted(range(len(unit)), key=lambda i: -(q @ unit[i]))[:k] for q in queries])


# %% right torch_topk
# torch's cosine similarity and topk.
def nearest(queries, database, k=5):
    q, d = torch.tensor(queries), torch.tensor(database)
    return F.cosine_similarity(q[:, None], d[None], dim=2).topk(k, dim=1).indices.numpy()


# %% right scipy
# scipy's cosine distance.
def nearest(queries, database, k=5):
    from scipy.spatial.distance import cdist
    return cdist(queries, database, "cosine").argsort(axis=1)[:, :k].astype(np.int32)
