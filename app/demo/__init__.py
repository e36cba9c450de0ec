"""The two-minute story: a sample web on loopback, crawled by the real spiders, watched by the real product."""
