"""The command line: one command a file; results on standard output, progress on standard error."""
