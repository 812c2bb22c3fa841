"""The laws, by name. A new law is one file here, added to the tuple below."""

from derive.laws import marchenko_pastur, product_wishart, random_features
from derive.laws.law import Law, Parameter

LAWS: dict[str, Law] = {
    module.LAW.name: module.LAW for module in (random_features, marchenko_pastur, product_wishart)
}

__all__ = ["LAWS", "Law", "Parameter"]
