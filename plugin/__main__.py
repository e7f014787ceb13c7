"""The plugin that an engine starts: the component for programs in any Pulumi language."""

from exchange_ports.plugin import serve

if __name__ == "__main__":
    serve()
