"""The component as a Pulumi plugin, for programs in TypeScript, Go, C#, Java and YAML."""

from exchange_ports.plugin.host import serve

__all__ = ["serve"]
