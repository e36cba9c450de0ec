"""One spider per kind of source. Spiders decide what to fetch next; reading is done by ``crawler.extract``."""
