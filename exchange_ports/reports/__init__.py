"""What people and programs read: text, JSON, the tree of resources."""
