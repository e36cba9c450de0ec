"""Fetch pages and feeds, extract mentions, put them into the inbox. The job ends there: no analysis, no index."""
