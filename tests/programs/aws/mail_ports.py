"""Beside the program, as a module of its own."""

SMTP = 25
