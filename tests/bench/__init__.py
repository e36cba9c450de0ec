"""Tests; see DESIGN section 12."""
