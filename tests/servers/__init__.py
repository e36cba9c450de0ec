"""Real servers for the tests marked external: `python -m tests.servers --postgresql -- COMMAND`.

Each server lives in a temporary folder, listens on a free loopback port and is gone when its context ends.
Only the standard library is used.
"""
