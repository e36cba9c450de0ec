"""The senders, one file per vendor or protocol; ``build`` makes them from what is configured."""
