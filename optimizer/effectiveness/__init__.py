"""Cost-effectiveness: what each measure of a plan costs, and the shortage that it avoids; public outlay by payee."""

from optimizer.effectiveness.study import Measures, measures

__all__ = ["Measures", "measures"]
