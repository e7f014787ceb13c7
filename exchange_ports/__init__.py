"""The firewall of an Exchange organisation: declared once, the same on AWS and Azure."""

__version__ = "0.1.0"
