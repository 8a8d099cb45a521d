"""Hidden checks of the gradient checker: `source/gradient_check/gradient_check.ipynb`, a module for each exercise.

Losses and faulty gradients are made here, fresh for each check, and stay on this side: student code gets handles.
The functions that an exercise builds on are replaced by right ones when it fails with the student's own.
"""
