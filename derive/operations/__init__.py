"""The operations on random matrices, one file each. A new one is a file here and a name below."""

from derive.operations.atoms import ATOMS
from derive.operations.free_power import FREE_POWER
from derive.operations.free_product import FREE_PRODUCT
from derive.operations.free_sum import FREE_SUM
from derive.operations.information_plus_noise import INFORMATION_PLUS_NOISE
from derive.operations.layers import LAYERS
from derive.operations.mixture import MIXTURE
from derive.operations.mobius import AFFINE, MOBIUS
from derive.operations.operation import Operation
from derive.operations.sample_covariance import SAMPLE_COVARIANCE
from derive.operations.semicircle import SEMICIRCLE
from derive.operations.square import SQUARE

OPERATIONS = (
    ATOMS,
    SEMICIRCLE,
    AFFINE,
    MOBIUS,
    MIXTURE,
    SQUARE,
    SAMPLE_COVARIANCE,
    INFORMATION_PLUS_NOISE,
    FREE_SUM,
    FREE_PRODUCT,
    FREE_POWER,
    LAYERS,
)

__all__ = [
    "AFFINE",
    "ATOMS",
    "FREE_POWER",
    "FREE_PRODUCT",
    "FREE_SUM",
    "INFORMATION_PLUS_NOISE",
    "LAYERS",
    "MIXTURE",
    "MOBIUS",
    "OPERATIONS",
    "SAMPLE_COVARIANCE",
    "SEMICIRCLE",
    "SQUARE",
    "Operation",
]
