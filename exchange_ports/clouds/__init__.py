"""The clouds: what each one plans, limits, allows, names and registers."""
