"""School transport for Avvik."""
