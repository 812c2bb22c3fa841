"""The laws, by name. A new law is one file here, added to the tuple below."""

from derive.laws import (
    biased_features,
    conjugate_kernel,
    marchenko_pastur,
    product_wishart,
    random_features,
    tangent_kernel,
)
from derive.laws.law import Law, Parameter
from derive.laws.layered import LayeredLaw

_MODULES = (
    random_features,
    marchenko_pastur,
    product_wishart,
    conjugate_kernel,
    tangent_kernel,
    biased_features,
)

EVERY_LAW: dict[str, Law | LayeredLaw] = {module.LAW.name: module.LAW for module in _MODULES}
# On a rational curve; by their composition alone; by layers.
LAWS = {n: law for n, law in EVERY_LAW.items() if isinstance(law, Law) and law.curve}
COMPOSED_LAWS = {n: law for n, law in EVERY_LAW.items() if isinstance(law, Law) and not law.curve}
LAYERED_LAWS = {n: law for n, law in EVERY_LAW.items() if isinstance(law, LayeredLaw)}

__all__ = ["COMPOSED_LAWS", "EVERY_LAW", "LAWS", "LAYERED_LAWS", "Law", "LayeredLaw", "Parameter"]
