"""Stand-ins for the outside world, each its own process on its own port."""
