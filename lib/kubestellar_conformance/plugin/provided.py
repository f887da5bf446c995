"""Gets components that only some tests ask for, and folders for them to write to."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from kubestellar_conformance.components import BuildCache, Provisioned, parse_override, provision
from kubestellar_conformance.components.progress import Silent
from kubestellar_conformance.errors import NotSupported, UserError
from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.common.layout import RunFolder


def scratch(settings: PlatformSettings, prefix: str) -> TemporaryDirectory[str]:
    """A folder for a program's files, below the run's own."""
    parent = RunFolder(settings.run_dir).temporary
    return TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True)


def provided(settings: PlatformSettings, *names: str, without: str) -> Provisioned:
    """The components of these names, built or from the cache. `NotSupported` if this machine or the
    user's override has not all of them; ``without`` says what is not possible then.
    """
    overrides = [parse_override(text) for text in settings.components]
    try:
        return provision(names, overrides, BuildCache(settings.cache_dir), Silent())
    except UserError as error:
        raise NotSupported(f"{without}: {str(error).splitlines()[0]}") from error
