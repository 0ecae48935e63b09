"""The frozen instances for those who write solvers: what is best known of each, and holding other values against it."""

from optimizer.benchmark.frozen import Benchmark, Standing, Stated, benchmarks, held

__all__ = ["Benchmark", "Standing", "Stated", "benchmarks", "held"]
