"""The exceptions that keep the verdicts apart.

A broken promise of the product is a `Deviation` (an AssertionError). A request that cannot be met
is a `UserError`. Anything else that stops a run is `Broken`: the harness or the machine failed, not
the product.
"""

from __future__ import annotations

QUOTED = "\n    "
"""Before each line of a tool's output that a message quotes below its own line."""


def plainly(error: BaseException) -> str:
    """The message of an error. One of the operating system is its file and reason, without its
    number.
    """
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{error.filename}: "
        return f"{where}{error.strerror}"
    return str(error) or type(error).__name__


class HarnessError(Exception):
    """Base of everything that is not the product's fault."""


class UserError(HarnessError):
    """Bad input, or a machine that lacks a prerequisite: one line that names the fault and the
    remedy.
    """


class Unfit(HarnessError):
    """A document that a command was asked to judge does not pass. ``status``: the command's exit
    status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Broken(HarnessError):
    """The harness or the machine failed, so the run says nothing about the product (verdict
    ``broken``).

    ``where``: the hop and the part at which it stopped, in a few words, where that is known.
    """

    where: str = ""


class NotSupported(HarnessError):
    """This platform lacks a capability that a check declares (verdict ``not supported``)."""


class Deviation(AssertionError):
    """The product broke a promise (verdict ``deviates``).

    ``where``: the hop and the part at which it stopped, in a few words, where that is known.
    ``parts``: the deviations that are joined in its message, if there are several; a known one
    among them does not explain the others.
    """

    where: str = ""
    parts: tuple[BaseException, ...] = ()


class LeftBehind(Deviation):
    """After a test the product did not withdraw the objects that the test had made. By then the
    test's own question was answered.
    """
