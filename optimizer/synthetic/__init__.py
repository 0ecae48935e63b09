"""Synthetic instances: networks of the field's shape, of any size, by seed."""

from optimizer.synthetic.folder import may_write
from optimizer.synthetic.make import Synthetic, generate

__all__ = ["Synthetic", "generate", "may_write"]
