"""``python -m app.cli``: how the product starts its own child processes."""

from app.cli import main

main()
