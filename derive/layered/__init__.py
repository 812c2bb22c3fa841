"""Layered laws: a stack of random layers, its potential, and the stationary point that counts."""
