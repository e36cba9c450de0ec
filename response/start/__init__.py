"""The first hour with one's own brand: what page and command do step by step."""
