"""Derive, prove, verify and generate the spectral laws of nonlinear random matrices."""
