"""The door for people: pages on the same HTTP application."""
