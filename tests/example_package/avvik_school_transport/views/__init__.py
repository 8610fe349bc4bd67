"""The rules: one folder a domain, as in Avvik itself."""
