"""One module per forum or site software whose pages we know; everything else is read by ``crawler.extract``."""
