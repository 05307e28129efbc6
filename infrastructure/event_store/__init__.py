"""The event log: one append, gap-free reading, sealed personal data, and proof that nothing was altered."""
