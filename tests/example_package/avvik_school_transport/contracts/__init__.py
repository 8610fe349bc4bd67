"""The contracts of the exports."""
