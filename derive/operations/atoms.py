"""Finitely many atoms: a fixed matrix, or the eigenvalues of a data set. U(z) = Σ w ln(z - a)."""

import numpy as np
from sympy import Add

from derive.curve import atom
from derive.operations.operation import Operation, m, z
from derive.runtime.atoms import Atoms as Numbers


class Atoms(Numbers, Operation):
    """Parameters are the positions and their weights."""

    def equation(self, parameters, operands):
        return Add(*(w / (a - z) for a, w in zip(*parameters, strict=True))) - m

    def curve(self, parameters, operands):
        positions, _ = parameters
        return atom(positions[0]) if len(positions) == 1 else None

    def matrix(self, n, rng, parameters, operands):
        values, weights = (np.array(list(map(float, part))) for part in parameters)
        order = np.argsort(values)
        ends = np.round(n * np.cumsum(weights[order])).astype(int)
        return np.diag(np.repeat(values[order], np.diff(ends, prepend=0)))


ATOMS = Atoms()
