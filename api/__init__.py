"""HTTP door for machines (FastAPI), under /api/v1."""
