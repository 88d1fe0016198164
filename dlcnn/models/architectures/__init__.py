"""One family of networks per file, found by listing this folder; nothing is registered here."""
