"""A stack file: YAML as Pulumi reads it, with the position of every value."""
