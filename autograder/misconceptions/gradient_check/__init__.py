"""The misconceptions of the assignment gradient_check, one module for each exercise."""
