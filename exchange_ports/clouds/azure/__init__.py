"""Azure: network security groups, from flows to resources."""
