"""Incidents, tasks, campaigns, compliance checks, reports."""
