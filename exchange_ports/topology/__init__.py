"""What users declare: models, reading from a stack file, and the checks across them."""
