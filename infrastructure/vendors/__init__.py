"""One package or module for each outside party, named for it."""
