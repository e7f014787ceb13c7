"""AWS: security groups, from flows to resources."""
