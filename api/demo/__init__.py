"""The demonstration: the whole walk over the public API."""

from api.demo.run import run_demo

__all__ = ["run_demo"]
