"""All arithmetic: samples, the sign test, families of benchmarks, change points."""
