"""Rehearsal: recorded traffic held against a plan, before its groups are attached.

`gather` counts the records of flow logs by connection, `connections` says who opened each, and `checker` asks the
plan's evaluators, as `check` does. Reads flow logs and nothing else; no network is used.
"""
