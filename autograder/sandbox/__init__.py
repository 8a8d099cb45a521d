"""Where student code runs: bubblewrap, a warm interpreter, and the typed channel to it."""
