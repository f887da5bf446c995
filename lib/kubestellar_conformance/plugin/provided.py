"""Gets components that only some tests ask for."""

from __future__ import annotations

from kubestellar_conformance.components import BuildCache, Provisioned, parse_override, provision
from kubestellar_conformance.components.progress import Silent
from kubestellar_conformance.errors import NotSupported, UserError
from kubestellar_conformance.platforms import PlatformSettings


def provided(settings: PlatformSettings, *names: str, without: str) -> Provisioned:
    """The components of these names, built or from the cache. `NotSupported` if this machine or the
    user's override has not all of them; ``without`` says what is not possible then.
    """
    overrides = [parse_override(text) for text in settings.components]
    try:
        return provision(names, overrides, BuildCache(settings.cache_dir), Silent())
    except UserError as error:
        raise NotSupported(f"{without}: {str(error).splitlines()[0]}") from error
