"""A study with planted truth: a genome with binding sites, QTLs in linkage blocks, and the mistakes of others.

Effects are planted by plain loops of its own that share no code with the motif model or with any statistic.
"""
