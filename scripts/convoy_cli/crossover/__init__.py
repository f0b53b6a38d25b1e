"""Which model wins where: compute, wait and concurrency measured, modelled, and told."""
