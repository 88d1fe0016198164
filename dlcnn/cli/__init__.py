"""The commands: one small module each that parses, calls and prints; nothing is decided here."""
