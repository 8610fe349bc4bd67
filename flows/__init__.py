"""The night as a flow: the only room that knows Prefect."""
