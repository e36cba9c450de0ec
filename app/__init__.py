"""The assembled product: wiring, pipeline, scheduler, command line, demo, migrations."""
