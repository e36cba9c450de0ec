"""Pure judgements over counts, one file per detector."""
