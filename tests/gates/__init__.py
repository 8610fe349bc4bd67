"""The gates of trust: each test is named by the id of the promise it holds."""
