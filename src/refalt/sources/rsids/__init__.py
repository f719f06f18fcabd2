"""What an rsID means: position and alleles, asked of dbSNP through one of several doors, none of them guessed."""
