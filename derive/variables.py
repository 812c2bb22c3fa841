"""Variables that formulas of every law share."""

from sympy import Symbol, symbols

z: Symbol = Symbol("z")
x: Symbol = Symbol("x", real=True)
gamma: Symbol = Symbol("gamma", nonnegative=True)
G, G_prime, E = symbols("G Gprime E")
