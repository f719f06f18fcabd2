"""What is printed beside the estimates: tests, comparisons of scores, diagnostics, power."""
