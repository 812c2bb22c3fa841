"""The laws, by name. A new law is one file here, added to one of the tuples below."""

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

LAWS: dict[str, Law] = {
    module.LAW.name: module.LAW for module in (random_features, marchenko_pastur, product_wishart)
}
LAYERED_LAWS: dict[str, LayeredLaw] = {
    module.LAW.name: module.LAW for module in (conjugate_kernel, tangent_kernel, biased_features)
}

__all__ = ["LAWS", "LAYERED_LAWS", "Law", "LayeredLaw", "Parameter"]
