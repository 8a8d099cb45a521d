"""Hidden checks of the challenge noisy_digits: a module for each part of the notebook, and `judging` for model.pt."""
