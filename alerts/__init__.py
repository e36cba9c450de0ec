"""Decide that something is unusual, group it, silence it, tell people."""
