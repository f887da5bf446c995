"""``python -m tests.mutants [--area AREA] [--only ID ...] [--whole-area] [--ks-reuse] [pytest
arguments]``: try mutants, write the matrix.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from kubestellar_conformance.errors import HarnessError
from tests.mutants.catalogue import load
from tests.mutants.matrix import page
from tests.mutants.run import pristine, remember, results_file, try_out
from tests.support.child import ROOT


def main() -> int:
    """0: every mutant that was tried is found; 1: one survives; 4: bad input; 10: a run is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--area", help="the mutants of this area alone")
    parser.add_argument(
        "--only", action="append", default=[], metavar="ID", help="this mutant alone"
    )
    parser.add_argument(
        "--whole-area", action="store_true", help="all checks of the area, not only the subject's"
    )
    parser.add_argument(
        "--ks-reuse",
        action="store_true",
        help="on the platform that was left up (make platform), whose part is exchanged meanwhile",
    )
    given, arguments = parser.parse_known_args()
    try:
        mutants = load()
        chosen = [
            replace(mutant, tests=()) if given.whole_area else mutant
            for mutant in mutants
            if given.area in (None, mutant.area) and (not given.only or mutant.id in given.only)
        ]
        if not chosen:
            print(f"no mutant is called so; they are: {', '.join(one.id for one in mutants)}")
            return 4
        results = []
        with tempfile.TemporaryDirectory(prefix="ks-mutants-") as scratch:
            for number, mutant in enumerate(chosen, 1):
                module = pristine(Path(scratch), mutant.guilty)
                folder = Path(scratch) / mutant.id
                result = try_out(mutant, module, folder, arguments, reuse=given.ks_reuse)
                said = f"{result.outcome} in {result.seconds:.0f} s"
                print(f"[{number}/{len(chosen)}] {mutant.id}: {said}", flush=True)
                results.append(result)
                known = remember(result, results_file())
                (ROOT / "docs" / "mutants.md").write_text(page(mutants, known))
    except HarnessError as problem:
        print(problem, file=sys.stderr)
        return 4
    outcomes = {result.outcome for result in results}
    return 10 if "broken" in outcomes else 1 if "survived" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
