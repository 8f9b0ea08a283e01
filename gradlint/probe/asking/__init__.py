"""A model that is probed: how it is made and called, and what the tape says of its weights."""
