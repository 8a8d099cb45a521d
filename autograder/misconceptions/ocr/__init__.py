"""Mistakes in the assignment ocr, in the chapters of its checks."""
