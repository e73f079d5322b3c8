"""Where botocore sends a call: it looks for each parameter of the rules in four places, for each call again.

Which of them an operation can have is said in the description of its service. So only these are looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.regions import EndpointRulesetResolver

from delivery_lab.handlers.patches import Patches

_NAME = "_resolve_param_from_context"
_KEPT = "delivery_lab_endpoint_parameters"
_Resolve = Callable[..., Any]


def install(patches: Patches) -> None:
    """Look for what an operation can have, for the time of a run."""
    real = vars(EndpointRulesetResolver).get(_NAME)
    if real is not None:  # the method is botocore's own business
        patches.set(EndpointRulesetResolver, _NAME, _looking_less(real))


def _looking_less(real: _Resolve) -> _Resolve:
    def resolve(resolver: Any, param_name: str, operation_model: Any, call_args: Any) -> Any:
        # Kept where botocore keeps what it has worked out of a description.
        names = vars(operation_model).get(_KEPT)
        if names is None:
            names = vars(operation_model)[_KEPT] = _names(resolver, operation_model)
        return real(resolver, param_name, operation_model, call_args) if param_name in names else None

    return resolve


def _names(resolver: Any, operation_model: Any) -> frozenset[str]:
    """The parameters that the description of an operation, or of its service's clients, names."""
    return frozenset(
        (
            *resolver._get_static_context_params(operation_model),
            *resolver._get_dynamic_context_params(operation_model),
            *operation_model.operation_context_parameters,
            *resolver._get_client_context_params(),
        )
    )
