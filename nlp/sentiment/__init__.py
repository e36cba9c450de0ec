"""Sentiment engines behind one interface."""
