"""What students hand in: wrong and unusual right solutions, for the audit and the sample class."""
