"""Study files: their shape, how they are read, and what they resolve to."""
