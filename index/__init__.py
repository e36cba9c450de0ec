"""Store, search and count analysed mentions: one interface, two engines."""
