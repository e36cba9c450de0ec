"""The words every room uses: mention, watchlist, settings, errors, database, accounts, audit."""
