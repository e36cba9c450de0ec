"""Compliance check of texts before they are published: rules are data, the engine is one pure function."""
