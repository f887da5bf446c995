"""``python -m kubestellar_conformance``: the commands behind the Makefile."""

from kubestellar_conformance.cli import main

raise SystemExit(main())
