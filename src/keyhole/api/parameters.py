"""What may stand behind the `?` of an address: what the endpoint takes, and nothing that it would leave out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ninja import Router
from ninja.operation import Operation

from keyhole.api.auth import ApiRequest
from keyhole.core.errors import InvalidInput


def refuse_strange(router: Router) -> None:
    """Have every endpoint of the router refuse a parameter that it does not take: it may have been meant as a limit."""
    for view in router.path_operations.values():
        for operation in view.operations:
            operation.view_func = _strict(operation.view_func, _taken(operation))


def _taken(operation: Operation) -> frozenset[str]:
    models = (model for model in operation.models if model.__ninja_param_source__ == "query")
    return frozenset(name for model in models for name in model.__ninja_flatten_map__)


def _strict(endpoint: Callable[..., Any], taken: frozenset[str]) -> Callable[..., Any]:
    @wraps(endpoint)
    def strict(request: ApiRequest, *args: Any, **kwargs: Any) -> Any:
        strange = [name for name in request.GET if name not in taken]
        if strange:
            known = f"There are: {', '.join(sorted(taken))}." if taken else "This address takes none."
            raise InvalidInput("There is no such parameter.", field=strange[0][:60], hint=known)
        return endpoint(request, *args, **kwargs)

    return strict
