"""The image of the documentation's workloads, replaced by a small web server."""

from __future__ import annotations

from pathlib import Path

from kubestellar_conformance.images import debian
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.recipe import Recipe, place

NGINX = "public.ecr.aws/nginx/nginx:latest"
_PACKAGES = ("busybox-static", "catatonit")


def recipes() -> list[Recipe]:
    def fill(tree: Path, temp: Path) -> None:
        debian.extract(_PACKAGES, temp / "unpacked", temp)
        place(temp / "unpacked" / "bin" / "busybox", tree, "/bin/busybox")
        place(temp / "unpacked" / "usr" / "bin" / "catatonit", tree, "/bin/catatonit")
        (tree / "www").mkdir()
        (tree / "www" / "index.html").write_text("<h1>Welcome to nginx!</h1>\n", encoding="utf-8")

    # A first process ignores SIGTERM unless it handles it, and each pod would take 30 s to end.
    config = Config(
        ("/bin/catatonit", "--", "/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/www")
    )
    inputs = debian.candidates(_PACKAGES)
    return [Recipe("nginx", NGINX, config, fill, inputs, stands_for="nginx: busybox's httpd")]
