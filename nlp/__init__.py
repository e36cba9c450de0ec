"""Turn a mention into an analysed mention: segments, sentiment with reasons, brands, fingerprint."""
