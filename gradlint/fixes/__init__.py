"""LibCST codemods: remedies in, text edits out. LibCST itself is loaded only when something is to be edited."""
