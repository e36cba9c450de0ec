"""From bytes to fields: decoding, article text, dates, feeds, list pages. Pure functions, no network."""
