"""Adapters: the only importers of vendors' clients, each implementing one of `shared.ports`."""
